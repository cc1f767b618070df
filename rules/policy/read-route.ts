import type { Path } from '../json-pointer.ts'
import { parsePathTemplate, type PathTemplate } from '../path-template.ts'
import type { Candidate, Destination, Instrument, Parameter, ResponseRule, Route } from '../policy.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawRoute } from './raw-policy.ts'
import { readBodyRule } from './read-body-rule.ts'
import { readDelivery } from './read-delivery.ts'
import { readHeaders, readParameters } from './read-parameters.ts'

/** What a route may refer to by id. */
type Known = { readonly instruments: readonly Instrument[]; readonly destinations: readonly Destination[] }

/** One kind of request that may leave, or is tried; null where that cannot be said, which is then reported. */
export const readRoute = (raw: RawRoute, path: Path, known: Known, proof: Proofreader): Route | Candidate | null => {
  const destination = known.destinations.find(({ id }) => id === raw.destination)
  if (!destination) proof.report([...path, 'destination'], `no destination has the id ${raw.destination}`)
  for (const [index, id] of (raw.instruments ?? []).entries())
    if (!known.instruments.some(instrument => instrument.id === id))
      proof.report([...path, 'instruments', index], `no instrument has the id ${id}`)
  const template = readTemplate(raw, path, proof)
  const pathParameters = readParameters(raw.pathParameters, [...path, 'pathParameters'], proof)
  if (template) checkNames(template, pathParameters, path, proof)
  const body = readBodyRule(raw.body, [...path, 'body'], proof)
  if (raw.body.kind !== 'none' && (raw.method === 'GET' || raw.method === 'HEAD'))
    proof.report([...path, 'body', 'kind'], `${raw.method} has no body`)
  if (raw.body.kind === 'multipart' && raw.forward === 'exact')
    proof.report([...path, 'forward'], 'a form of parts is always written anew: only its own boundary says nothing')
  if (raw.response?.mode === 'status-only' && raw.response.headers)
    proof.report([...path, 'response', 'headers'], 'no header field goes back where only the status does')
  const query = readParameters(raw.query, [...path, 'query'], proof)
  const headers = readHeaders(raw.headers, [...path, 'headers'], proof)
  const spool = readDelivery(raw, path, proof)
  if (!destination || !template || !body) return null
  const rules = { ...settingsOf(raw), spool, destination, path: template, pathParameters, query, headers, body }
  return raw.mode === 'report-only' ? { ...rules, mode: 'report-only' } : { ...rules, mode: 'enforce' }
}

/** What needs no other part of the policy to be understood. */
const settingsOf = (raw: RawRoute) => ({
  id: raw.id,
  instruments: raw.instruments ? new Set(raw.instruments) : null,
  method: raw.method,
  upgradeInsecure: raw.upgradeInsecure ?? false,
  rate: raw.rate ?? null,
  forward: raw.forward ?? 'canonical',
  response: readResponse(raw.response),
  onBlock: raw.onBlock ? { contentType: 'application/json', body: '', ...raw.onBlock } : null,
})

const readResponse = ({ mode = 'relay', headers, maxBytes }: RawRoute['response'] = {}): ResponseRule => ({
  mode,
  headers: new Set(mode === 'relay' ? (headers ?? ['content-type', 'content-encoding', 'retry-after', 'date']) : []),
  maxBytes: maxBytes ?? 1024 * 1024,
})

const readTemplate = (raw: RawRoute, path: Path, proof: Proofreader): PathTemplate | null => {
  const template = parsePathTemplate(raw.path)
  if (!template)
    proof.report(
      [...path, 'path'],
      'must begin with "/" and consist of plain segments or {parameter} segments, none of them empty',
    )
  return template
}

/** Each parameter of the template is described, and nothing else is. */
const checkNames = (
  template: PathTemplate,
  described: ReadonlyMap<string, Parameter>,
  path: Path,
  proof: Proofreader,
): void => {
  const named = template.segments.flatMap(segment => ('parameter' in segment ? [segment.parameter] : []))
  for (const name of named)
    if (!described.has(name)) proof.report([...path, 'path'], `{${name}} needs an entry in pathParameters`)
  for (const name of described.keys())
    if (!named.includes(name)) proof.report([...path, 'pathParameters', name], 'the path has no such parameter')
}
