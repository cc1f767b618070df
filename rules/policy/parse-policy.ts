import { createHash } from 'node:crypto'
import { canonicalize, type JsonValue } from '../canonical.ts'
import { defaultLimits, type Policy } from '../policy.ts'
import { bodySchema } from './body-schema.ts'
import { checkCandidates } from './check-candidates.ts'
import { readPolicyDocument } from './policy-document.ts'
import { Proofreader, type ReadReference } from './proofreader.ts'
import type { RawPolicy, RawRoute } from './raw-policy.ts'
import { readDestinations } from './read-destinations.ts'
import { readDetectors } from './read-detectors.ts'
import { readExceptions } from './read-exceptions.ts'
import { readInstruments } from './read-instruments.ts'
import { readNeverRelease } from './read-never-release.ts'
import { readRoute } from './read-route.ts'
import { inOrder, type Problem } from './yaml-document.ts'

export type { ReadReference } from './proofreader.ts'

export type PolicyReading =
  { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads a policy document (YAML 1.2, described by `policy.schema.json`), with all that it refers to.
 * @returns every problem found, in the order of the document; a policy only when there is none
 */
export const parsePolicy = (text: string, readReference: ReadReference): PolicyReading => {
  const document = readPolicyDocument(text)
  if (!document.ok) return document
  const raw = document.value as unknown as RawPolicy
  const { panels, problems } = readDetectors(raw.detectors)
  const proof = new Proofreader(document.locate, readReference, panels.whole)
  for (const [path, message] of problems) proof.report(path, message)
  const policy = { ...readPolicy(raw, proof, readReference), panels }
  return proof.problems.length > 0 ? { ok: false, problems: inOrder(proof.problems) } : { ok: true, policy }
}

/** Turns a document that fits the schema into a policy, and reports what the schema could not see. */
const readPolicy = (raw: RawPolicy, proof: Proofreader, readReference: ReadReference): Omit<Policy, 'panels'> => {
  for (const key of ['instruments', 'destinations', 'routes', 'exceptions'] as const)
    checkIds(key, raw[key] ?? [], proof)
  const limits = { ...defaultLimits, ...raw.limits }
  const instruments = readInstruments(raw.instruments, limits, proof)
  const destinations = readDestinations(raw.destinations, raw.proxy, { ...raw, instruments }, proof)
  const known = { instruments, destinations }
  const routes = raw.routes.map((route, index) => readRoute(route, ['routes', index], known, proof))
  checkCandidates(raw.routes, proof)
  const schemaOf = ({ body }: RawRoute) => bodySchema(body, readReference, limits.maxMembers)
  const exceptions = readExceptions(raw.exceptions, { instruments, routes: raw.routes, bodySchema: schemaOf }, proof)
  return {
    digest: digestOf(raw, proof),
    instruments,
    destinations,
    routes: routes.filter(route => route?.mode === 'enforce'),
    candidates: routes.filter(route => route?.mode === 'report-only'),
    limits,
    exceptions,
    neverRelease: readNeverRelease(raw.neverRelease ?? [], proof),
  }
}

const digestOf = (policy: RawPolicy, { references }: Proofreader): string => {
  const document = { policy, references } as unknown as JsonValue
  return `sha256:${createHash('sha256').update(canonicalize(document)).digest('hex')}`
}

const checkIds = (key: string, items: readonly { readonly id: string }[], proof: Proofreader): void => {
  const seen = new Set<string>()
  for (const [index, { id }] of items.entries()) {
    if (seen.has(id)) proof.report([key, index, 'id'], `the id ${id} stands here a second time`)
    seen.add(id)
  }
}
