import { readEmbedded } from '../../body/embedded-json.ts'
import type { JsonValue } from '../../canonical.ts'
import type { ContentEncoding, EmbeddedPlaces } from '../../embedded-places.ts'
import { defaultLimits } from '../../policy.ts'
import type { Observed } from './observed.ts'

type SchemaPart = Readonly<Record<string, unknown>>

const nothingSpent = { depth: 0, members: 0, bytes: 0 }

/** A value with what strings hold in the places of the strings. */
export const readContent = (value: JsonValue, places: EmbeddedPlaces | null): JsonValue =>
  readEmbedded(value, places, defaultLimits, nothingSpent).value

/** A short number in a string is JSON too; only what has a structure was meant to be. */
const holdsJson = (text: string, encoding: ContentEncoding): boolean => {
  const { value, violation } = readEmbedded(
    text,
    { kind: 'embedded', encoding, inner: null },
    defaultLimits,
    nothingSpent,
  )
  return violation === null && value !== null && typeof value === 'object'
}

const encodings = ['base64', 'base64url', 'none'] as const satisfies readonly ContentEncoding[]

/** Where payloads hold JSON in strings: every string that was ever seen there is one object or array, all in one encoding. */
export const contentIn = (place: Observed): EmbeddedPlaces | null => {
  const isString = place.types.size === 1 && place.types.has('string')
  const encoding = encodings.find(one => isString && place.strings.keys().every(text => holdsJson(text, one)))
  if (encoding !== undefined) return { kind: 'embedded', encoding, inner: null }
  const properties = new Map<string, EmbeddedPlaces>()
  for (const [name, member] of place.members) {
    const inner = contentIn(member)
    if (inner) properties.set(name, inner)
  }
  const items = place.hasItems ? contentIn(place.items()) : null
  return properties.size === 0 && items === null ? null : { kind: 'members', properties, prefix: [], items }
}

/** The schema of the payloads, from one of what their strings hold. */
export const asContent = (schema: SchemaPart, places: EmbeddedPlaces | null): SchemaPart => {
  if (places === null) return schema
  if (places.kind === 'embedded')
    return {
      type: 'string',
      ...(places.encoding !== 'none' && { contentEncoding: places.encoding }),
      contentMediaType: 'application/json',
      contentSchema: schema,
    }
  const { properties, items } = schema as { readonly properties?: SchemaPart; readonly items?: SchemaPart }
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [
          name,
          asContent(one as SchemaPart, places.properties.get(name) ?? null),
        ]),
      ),
    }),
    ...(items && { items: asContent(items, places.items) }),
  }
}
