import { canonicalize, type JsonValue } from '../canonical.ts'
import type { RawSplice } from '../policy/raw-policy.ts'
import { instantOf } from '../policy/rfc3339.ts'
import { schemasOf, type DraftPolicy, type DraftRoute } from './draft-policy.ts'
import { diffSchemas, type SchemaChange } from './schema-diff.ts'

/**
 * An instrument, destination, route, detector or exception, the upstream proxy, or the limits. `keys`: what differs in it, apart from its schemas.
 * `splice`: what passes without inspection, first of all, by the id of its destination: `opened` where nothing did, `widened` where more may.
 * `promoted`: a route that was `report-only` lets out what fits it from now on; `demoted`: the other way round.
 */
export type ItemChange = {
  readonly what: 'splice' | 'instrument' | 'destination' | 'proxy' | 'route' | 'detector' | 'exception' | 'limits'
  readonly id: string
  readonly change: 'added' | 'removed' | 'changed' | 'promoted' | 'demoted' | 'opened' | 'widened' | 'closed'
  readonly keys: readonly string[]
}

/** `key`: which schema of the route, such as `body.schema` or `query.mode.schema`. */
export type RouteSchemaChange = SchemaChange & { readonly route: string; readonly key: string }

export type PolicyDiff = { readonly items: readonly ItemChange[]; readonly schemas: readonly RouteSchemaChange[] }

/** A policy as its author wrote it: the value of the document, and what `readDraftPolicy` makes of it. */
export type WrittenPolicy = { readonly document: JsonValue; readonly draft: DraftPolicy }

/** What differs between two policies. */
export const diffPolicies = (before: WrittenPolicy, after: WrittenPolicy): PolicyDiff => ({
  items: [
    ...diffSplices(before, after),
    ...diffItems('instrument', itemsOf(before, 'instruments'), itemsOf(after, 'instruments')),
    ...diffItems('destination', itemsOf(before, 'destinations'), itemsOf(after, 'destinations')),
    ...diffItems('proxy', proxyOf(before), proxyOf(after)),
    ...diffItems('route', itemsOf(before, 'routes'), itemsOf(after, 'routes')),
    ...diffItems('detector', detectorsOf(before), detectorsOf(after)),
    ...diffItems('exception', itemsOf(before, 'exceptions'), itemsOf(after, 'exceptions')),
    ...diffItems('limits', limitsOf(before), limitsOf(after)),
  ],
  schemas: before.draft.routes.flatMap(route => {
    const other = after.draft.routes.find(({ id }) => id === route.id)
    return other ? diffRoute(route, other) : []
  }),
})

type Item = { readonly [key: string]: JsonValue }
type Items = ReadonlyMap<string, Item>

const itemsOf = ({ document }: WrittenPolicy, key: string): Items =>
  new Map(((document as Record<string, readonly Item[]>)[key] ?? []).map(item => [item.id as string, item]))

const splicesOf = ({ draft }: WrittenPolicy): ReadonlyMap<string, RawSplice> =>
  new Map(draft.destinations.flatMap(({ id, splice }) => (splice === null ? [] : [[id, splice]])))

const diffSplices = (before: WrittenPolicy, after: WrittenPolicy): readonly ItemChange[] => {
  const [old, fresh] = [splicesOf(before), splicesOf(after)]
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((id): readonly ItemChange[] => {
    const [was, is] = [old.get(id), fresh.get(id)]
    if (!is) return [{ what: 'splice', id, change: 'closed', keys: [] }]
    if (!was) return [{ what: 'splice', id, change: 'opened', keys: [] }]
    const keys = keysThatDiffer(was as unknown as Item, is as unknown as Item)
    return keys.length > 0 ? [{ what: 'splice', id, change: isWider(was, is) ? 'widened' : 'changed', keys }] : []
  })
}

const isWider = (was: RawSplice, is: RawSplice): boolean =>
  (['bytesPerHour', 'bytesPerDay', 'connectionsPerHour'] as const).some(key => is[key] > was[key]) ||
  (is.maxBytesPerConnection ?? Infinity) > (was.maxBytesPerConnection ?? Infinity) ||
  is.instruments.some(id => !was.instruments.includes(id)) ||
  !((instantOf(is.expires) ?? Infinity) <= (instantOf(was.expires) ?? -Infinity))

const detectorsOf = ({ document }: WrittenPolicy): Items =>
  new Map(Object.entries((document as { readonly detectors?: Readonly<Record<string, Item>> }).detectors ?? {}))

const proxyOf = ({ document }: WrittenPolicy): Items => {
  const { proxy } = document as { readonly proxy?: Item }
  return new Map(proxy === undefined ? [] : [['proxy', proxy]])
}

const limitsOf = ({ document }: WrittenPolicy): Items =>
  new Map([['limits', (document as Record<string, Item>).limits ?? {}]])

const diffItems = (what: ItemChange['what'], before: Items, after: Items): readonly ItemChange[] =>
  [...new Set([...before.keys(), ...after.keys()])].flatMap((id): readonly ItemChange[] => {
    const [old, fresh] = [before.get(id), after.get(id)]
    if (!old) return [{ what, id, change: 'added', keys: [] }]
    if (!fresh) return [{ what, id, change: 'removed', keys: [] }]
    const keys = keysThatDiffer(withoutSchemas(old), withoutSchemas(fresh))
    return keys.length > 0 ? [{ what, id, change: changeOf(old, fresh), keys }] : []
  })

const changeOf = (old: Item, fresh: Item): ItemChange['change'] => {
  const [was, is] = [old, fresh].map(({ mode }) => mode === 'report-only')
  if (was === is) return 'changed'
  return was ? 'promoted' : 'demoted'
}

/** Schemas are compared for what they say, not for how they are written. */
const withoutSchemas = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).map(([key, value]) => [key, key === 'schema' ? null : inner(value)]))

const inner = (value: JsonValue): JsonValue =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? withoutSchemas(value) : value

const keysThatDiffer = (before: Item, after: Item): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(key => spell(before[key]) !== spell(after[key]))

const spell = (value: JsonValue | undefined): string => (value === undefined ? '' : canonicalize(value))

const diffRoute = (before: DraftRoute, after: DraftRoute): readonly RouteSchemaChange[] => {
  const fresh = new Map(schemasOf(after).map(one => [keyIn(one.path), one.schema]))
  return schemasOf(before).flatMap(({ path, schema }) => {
    const key = keyIn(path)
    const other = fresh.get(key)
    if (other === undefined) return []
    return diffSchemas(schema, other).map(change => ({ route: before.id, key, ...change }))
  })
}

/** The place within the route: its own place in the policy may be another. */
const keyIn = (path: readonly (string | number)[]): string => path.slice(2).join('.')
