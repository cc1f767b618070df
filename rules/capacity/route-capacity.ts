import { capacityOf, type Capacity, type FieldCapacity } from './capacity.ts'
import { derivedSchema } from './derived-schema.ts'
import type { DraftParameter, DraftRoute } from '../workbench/draft-policy.ts'
import { hasEmbedded } from '../embedded-places.ts'
import { referenceToken } from '../json-pointer.ts'
import { allOf, eitherOf, sequencesOf } from './log2.ts'
import type { Surface } from '../verdict.ts'

/** What one place of a request adds; `form` is what else differs between requests that hold the same values. */
export type RouteField = FieldCapacity & { readonly surface: Surface | 'form' }

export type RouteCapacity = {
  readonly route: string
  /** log2 of the number of different requests; `Infinity` without bound, `-Infinity` when no request passes. */
  readonly bits: number
  /** By bits, most first. */
  readonly fields: readonly RouteField[]
}

/**
 * An upper bound on the information that whoever writes a request can choose freely, over all that leaves on a route: path
 * parameters, query, headers and body. Parameters leave in the order of the policy, and header fields that it does not name
 * stay behind, so these choose nothing; which of several media types, and under `forward: exact` which of the spellings that
 * are let pass, are choices and counted.
 */
export const routeCapacity = (route: DraftRoute): RouteCapacity => {
  const parts = [
    ...route.pathParameters.map(parameter => ofParameter('path', { ...parameter, required: true })),
    ...route.query.map(parameter => ofParameter('query', parameter)),
    ...route.headers.map(parameter => ofParameter('header', parameter)),
    ...ofBody(route),
  ]
  const fields = parts.flatMap(part => part.fields).filter(field => field.bits > 0)
  return {
    route: route.id,
    bits: allOf(parts.map(part => part.bits)),
    fields: fields.toSorted((a, b) => (a.bits === b.bits ? 0 : b.bits - a.bits)),
  }
}

/** One message on any of several routes: which of them is a choice too. */
export const togetherBits = (routes: readonly RouteCapacity[]): number => eitherOf(routes.map(({ bits }) => bits))

type Part = { readonly bits: number; readonly fields: readonly RouteField[] }

const ofParameter = (surface: Surface, { name, schema, required }: DraftParameter): Part => {
  const value = capacityOf(schema)
  const bits = required ? value.bits : eitherOf([0, value.bits])
  const reason = value.fields.find(({ unbounded }) => unbounded !== undefined)?.unbounded
  const pointer = referenceToken(name)
  return { bits, fields: [{ surface, pointer, bits, ...(reason !== undefined && { unbounded: reason }) }] }
}

const ofBody = ({ body, forward }: DraftRoute): readonly Part[] => {
  if (!body) return []
  const { bits, fields } = ofLines(capacityOf(derivedSchema(body.schema, body.derive ?? [])), body.maxLines)
  const ofForm = (pointer: string, bits: number): Part => ({ bits, fields: [{ surface: 'form', pointer, bits }] })
  return [
    { bits, fields: fields.map(field => ({ ...field, surface: 'body' })) },
    ofForm('/content-type', Math.log2(body.contentTypes) + (body.partTypeBits ?? 0)),
    ...(forward === 'exact' ? [ofForm('/spelling', spellingBits)] : []),
    ...(forward === 'exact' && hasEmbedded(body.schema) ? [ofForm('/embedded', embeddedBits)] : []),
  ]
}

/** A body of lines chooses each of them, and how many there are. */
const ofLines = ({ bits, fields }: Capacity, maxLines: number | undefined): Capacity =>
  maxLines === undefined
    ? { bits, fields }
    : {
        bits: sequencesOf(bits, 1, maxLines),
        fields: fields.map(field => ({ ...field, pointer: `/*${field.pointer}`, bits: maxLines * field.bits })),
      }

const LAYOUTS = 8
const FINAL_LINE_BREAKS = 3
const KEY_ORDERS = 2

/** log2 of the number of texts that `isPlainlyWritten` lets pass for one value. */
export const spellingBits = Math.log2(LAYOUTS * FINAL_LINE_BREAKS * KEY_ORDERS)

/** log2 of the number of ways in which `areEmbeddedPlainlyWritten` lets all that strings hold be written. */
const embeddedBits = Math.log2(LAYOUTS * 2)
