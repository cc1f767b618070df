import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packsFolder } from '../../../proxy/policy/policy-file.ts'
import type { JsonValue } from '../../../rules/canonical.ts'
import { fixedFragments } from '../../../rules/drip/fixed-fragments.ts'
import { spelledNucleotides } from '../../../rules/drip/spelled-nucleotides.ts'
import { defaultLimits } from '../../../rules/policy.ts'
import { kinds, runMetadata, seeded } from '../../kit/run-metadata.ts'

const count = (value: JsonValue, names: readonly string[] | null = null, fixed?: ReadonlySet<string>): number =>
  spelledNucleotides([{ surface: 'body', value, names: names && new Set(names) }], defaultLimits, fixed)

t.test(
  'spelled nucleotides: every string and every name that the policy does not spell, of all parts together',
  async t => {
    t.equal(count({ a: 'GATT', b: ['ACGT', 7, null, { c: 'TTGA' }] }), 12)
    t.equal(count({ GATT: 1, TTGA: 2 }, ['TTGA']), 4)
    t.equal(count(41_434_754), 0)
    const parts = (['path', 'query', 'header', 'body'] as const).map(surface => ({
      surface,
      value: { x: 'GATT' },
      names: null,
    }))
    t.equal(spelledNucleotides(parts, defaultLimits), 16)
  },
)

t.test('spelled nucleotides: through encodings and look-alike letters, each letter once', async t => {
  const cases: Readonly<Record<string, number>> = {
    '%47%41%54%54': 4,
    'GATT 50%25': 4,
    '{"x":"GATT","y":["ACGT"]}': 8,
    ＧＡＴＴ: 4,
    '&#71;&#65;&#84;&#84;ACAG and more': 8,
    [Buffer.from(`${'lane one of eight '.repeat(4)}GATT`).toString('base64')]: 4,
  }
  for (const [text, expected] of Object.entries(cases)) t.equal(count(text), expected, text)
})

t.test('spelled nucleotides: what an enum or a const of the policy spells is not counted', async t => {
  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: {
      index: { enum: ['ATTACTCG', 'TCCGGAGA', 'none', 7] },
      kit: { const: { name: 'GGTT' } },
      note: { type: 'string' },
    },
  }
  const fixed = fixedFragments(schema)
  t.same([...fixed], ['ATTACTCG', 'TCCGGAGA', 'GGTT'])
  t.equal(count({ index: 'ATTACTCG', note: 'GATTACAG' }, null, fixed), 8)
})

t.test('spelled nucleotides: none in any sample of the packs, nor in generated run metadata', async t => {
  for (const pack of readdirSync(packsFolder)) {
    const samples = join(packsFolder, pack, 'samples')
    for (const kind of readdirSync(samples).filter(name => name !== 'blocked'))
      for (const file of readdirSync(join(samples, kind)))
        t.equal(count(JSON.parse(readFileSync(join(samples, kind, file), 'utf8')) as JsonValue), 0, `${pack} ${file}`)
  }
  const random = seeded(11)
  const payloads = kinds.flatMap(kind => runMetadata(kind, 60, random))
  t.equal(
    payloads.reduce((sum, { value }) => sum + count(value), 0),
    0,
  )
})
