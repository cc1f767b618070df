/**
 * `learn` on real run metadata, when `RUN_METADATA_CORPUS` names a folder of it: `<kind>/<instrument>/<YYYY-MM-DD>/<name>.json`,
 * as `sluice rules learn --from` takes one kind. XML is converted beforehand: attributes and child elements become members; a
 * child that occurs again, or whose parent is its plural, an element of an array; an element with neither its text, as a number
 * where JSON would write it so.
 *
 * Real files hold fields that are never proposed: names of people and samples, paths, sequences, measurements with all their
 * digits. What the first half shows and the proposal leaves out is taken out of the second half too, as whoever sends
 * it has to; a field that the first half did not show stays, and is refused.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { JsonValue } from '../../../rules/canonical.ts'
import { compileSchema } from '../../../rules/schema.ts'
import { learn, type Observation } from '../../../rules/workbench/learn.ts'
import { pick, planted, shuffled } from '../../kit/planted.ts'
import { seeded } from '../../kit/run-metadata.ts'

const folder = process.env.RUN_METADATA_CORPUS
const skip = folder === undefined && 'RUN_METADATA_CORPUS names no folder with run metadata'

/** Halves are drawn so often: with few files, one draw says little. */
const DRAWS = 20
const MUTANTS = 200
/** Half of fewer files is too little to learn from; their figure is told and not judged. */
const ENOUGH = 40
/** Fewer sources than this are one lab's look at one instrument: they are taken on trust. */
const FEW_SOURCES = 4

const observationsOf = (kind: string): readonly Observation[] =>
  readdirSync(join(folder!, kind), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.json'))
    .sort()
    .map(file => {
      const [instrument = '', day = ''] = file.split('/')
      return { value: JSON.parse(readFileSync(join(folder!, kind, file), 'utf8')) as JsonValue, instrument, day }
    })

/** Every place of a value, without the indexes of arrays. */
const placesIn = function* (value: JsonValue, at = ''): Generator<string> {
  yield at
  if (value === null || typeof value !== 'object') return
  for (const [name, inner] of Object.entries(value))
    yield* placesIn(inner, `${at}/${Array.isArray(value) ? '*' : name}`)
}

type Schema = { readonly properties?: Readonly<Record<string, Schema>>; readonly items?: Schema }

/** A value without the places that were seen and are not proposed. */
const withoutOmitted = (
  value: JsonValue,
  schema: Schema | undefined,
  seen: ReadonlySet<string>,
  at = '',
): JsonValue => {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(item => withoutOmitted(item, schema?.items, seen, `${at}/*`))
  const { properties = {} } = schema ?? {}
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => Object.hasOwn(properties, name) || !seen.has(`${at}/${name}`))
      .map(([name, inner]) => [name, withoutOmitted(inner, properties[name], seen, `${at}/${name}`)]),
  )
}

/** How much of one half the schema from the other admits, and how many mutants of what it admits. */
const draw = (all: readonly Observation[], random: () => number) => {
  const mixed = shuffled(all, random)
  const half = Math.ceil(mixed.length / 2)
  const seen = mixed.slice(0, half)
  const sources = new Set(all.map(({ instrument, day }) => `${instrument} ${day}`)).size
  const { schema } = learn(seen, { trust: sources < FEW_SOURCES })
  const validate = compileSchema(schema ?? { not: {} })
  const places = new Set(seen.flatMap(({ value }) => [...placesIn(value)]))
  const unseen = mixed.slice(half).map(({ value }) => withoutOmitted(value, schema as Schema, places))
  const admitted = unseen.filter(value => validate(value).ok)
  const mutants = Array.from({ length: MUTANTS / DRAWS }, () => planted(pick(admitted, random), random))
  return { tried: unseen.length, admitted: admitted.length, passed: mutants.filter(one => validate(one).ok).length }
}

for (const kind of folder === undefined ? ['any kind'] : readdirSync(folder).sort())
  t.test(`learn: real files, ${kind}: 95 % of the other half, and none of ${MUTANTS} mutants`, { skip }, async t => {
    const all = observationsOf(kind)
    const random = seeded(7)
    let [tried, admitted, passed] = [0, 0, 0]
    for (let count = 0; count < DRAWS; count++) {
      const drawn = draw(all, random)
      tried += drawn.tried
      admitted += drawn.admitted
      passed += drawn.passed
    }
    const share = `${admitted} of ${tried} admitted (${((100 * admitted) / tried).toFixed(1)} %)`
    t.comment(`${kind}: ${all.length} files, ${share}, ${passed} of ${MUTANTS} mutants`)
    t.equal(passed, 0, 'mutants')
    if (all.length >= ENOUGH) t.ok(admitted >= 0.95 * tried, share)
  })
