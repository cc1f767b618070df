import { createHash } from 'node:crypto'
import { anchorsOf, type PublishedAnchor, type Rotation } from '../../../certs/rotation.ts'
import { spellAuthority } from '../../../rules/framing.ts'
import type { LabPageRequest, LabPath } from '../../../rules/lab-page.ts'
import type { Answer } from '../answer.ts'
import { mobileconfig } from './mobileconfig.ts'
import { selfTestPage, trustPage } from './trust-page.ts'
import { style } from './style.ts'

/** What of a rotation a path is about: the certificate to be had there, in which form. */
const downloads: Readonly<Partial<Record<LabPath, readonly [role: PublishedAnchor['role'], form: 'pem' | 'der']>>> = {
  '/sluice-ca.pem': ['current', 'pem'],
  '/sluice-ca.cer': ['current', 'der'],
  '/sluice-ca-next.pem': ['next', 'pem'],
  '/sluice-ca-next.cer': ['next', 'der'],
  '/sluice-ca-previous.pem': ['previous', 'pem'],
  '/sluice-ca-previous.cer': ['previous', 'der'],
}

/** Nothing is loaded, run, framed or sent from these pages; the one style sheet is in them, named by its digest. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const common = [
  ['cache-control', 'no-store'],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['content-security-policy', policy],
] as const

const answer = (status: number, type: string, body: string | Buffer, file?: string): Answer => ({
  status,
  fields: [
    ['content-type', type],
    ...(file === undefined ? [] : [['content-disposition', `attachment; filename="${file}"`] as const]),
    ...common,
  ],
  body: Buffer.from(body),
  isLast: true,
})

/** The content of a page of the appliance itself. */
export const answerPage = ({ path, at }: LabPageRequest, rotation: Rotation): Answer => {
  const anchors = anchorsOf(rotation)
  const here = spellAuthority(at)
  const file = path.slice(1)
  const [role, form] = downloads[path] ?? []
  if (path === '/sluice-ca.mobileconfig')
    return answer(200, 'application/x-apple-aspen-config', mobileconfig(anchors, at.host), file)
  if (role === undefined)
    return answer(
      200,
      'text/html; charset=utf-8',
      path === '/' ? trustPage(anchors, here) : selfTestPage(rotation.current),
    )
  const anchor = anchors.find(one => one.role === role)
  if (!anchor) return answer(404, 'text/plain; charset=utf-8', 'There is no such certificate now.\n')
  return form === 'pem'
    ? answer(200, 'application/x-pem-file', anchor.pem, file)
    : answer(200, 'application/x-x509-ca-cert', anchor.der, file)
}
