import { checkFraming } from './framing.ts'
import { fieldValues, type Authority, type Caller, type Head } from './message.ts'
import { decodePath, matchPath } from './path-template.ts'
import type { Policy } from './policy.ts'

/** What the appliance shows in the clear, by its path: how to trust the lab's authority. */
export const labPaths = [
  '/',
  '/sluice-ca.pem',
  '/sluice-ca.cer',
  '/sluice-ca-next.pem',
  '/sluice-ca-next.cer',
  '/sluice-ca-previous.pem',
  '/sluice-ca-previous.cer',
  '/sluice-ca.mobileconfig',
] as const

/** Over TLS, where a client gets to it only if it trusts the authority. */
export const SELF_TEST = '/.well-known/sluice/self-test'

export type LabPath = (typeof labPaths)[number] | typeof SELF_TEST

/** A request for a page of the appliance itself, and under which of its names it was asked for. */
export type LabPageRequest = { readonly path: LabPath; readonly at: Authority }

/**
 * Whether a request is for a page of the appliance itself, which is no egress: it is answered here, from fixed content, and nothing of
 * it goes anywhere. It has to be a plain GET or HEAD of the exact path, with no query and no content, to one of the appliance's own
 * names. In the clear no route can be meant by that, because a request in origin form leads nowhere (`select-route.ts`); over TLS a
 * route whose path fits goes first.
 * @param names - own names and addresses of the appliance
 */
export const labPageFor = (
  { ingress }: Caller,
  head: Head,
  names: readonly string[],
  policy: Policy,
): LabPageRequest | null => {
  if (ingress.kind !== 'plain' && ingress.kind !== 'gateway') return null
  const path = pathOf(head.target, ingress.kind)
  if (path === null || (head.method !== 'GET' && head.method !== 'HEAD') || hasContent(head)) return null
  const framing = checkFraming(head, ingress.kind === 'plain' ? 80 : 443)
  if (!framing.ok || !names.includes(framing.host.host)) return null
  return ingress.kind === 'gateway' && isRouted(path, policy) ? null : { path, at: framing.host }
}

const pathOf = (target: string, ingress: 'plain' | 'gateway'): LabPath | null => {
  if (ingress === 'gateway') return target === SELF_TEST ? target : null
  return labPaths.find(path => path === target) ?? null
}

/** Also what only announces content: nothing that anybody sends to a page is read. */
const hasContent = (head: Head): boolean =>
  fieldValues(head, 'content-length').some(value => value !== '0') ||
  ['transfer-encoding', 'expect'].some(name => fieldValues(head, name).length > 0)

const isRouted = (path: string, { routes, candidates }: Policy): boolean => {
  const segments = decodePath(path)
  return segments === null || [...routes, ...candidates].some(route => matchPath(route.path, segments) !== null)
}
