import { array, assert, boolean, jsonValue, property, type Arbitrary } from 'fast-check'
import t from 'tap'
import { canonicalize, type JsonValue } from '../../../rules/canonical.ts'
import { openings } from '../../../rules/closed-schema.ts'
import { learn, type Observation, type Proposal } from '../../../rules/workbench/learn.ts'
import { compileSchema } from '../../../rules/schema.ts'
import { pick, planted, shuffled } from '../../kit/planted.ts'
import { kinds, runMetadata, seeded } from '../../kit/run-metadata.ts'

const admits = (proposal: Proposal, value: JsonValue): boolean => compileSchema(proposal.schema!)(value).ok

/** The values in turn, again and again, from three instruments on four days. */
const observe = (...values: readonly JsonValue[]): readonly Observation[] =>
  Array.from({ length: Math.max(24, values.length) }, (_, index) => ({
    value: values[index % values.length]!,
    instrument: `unit-${index % 3}`,
    day: `2025-03-0${1 + (Math.floor(index / 3) % 4)}`,
  }))

const fields = (values: readonly JsonValue[]): readonly Observation[] => observe(...values.map(field => ({ field })))

const omissionOf = (proposal: Proposal, pointer: string) => proposal.omitted.find(row => row.pointer === pointer)

const propertyOf = (proposal: Proposal, name: string): unknown =>
  (proposal.schema?.properties as Record<string, unknown> | undefined)?.[name]

const PER_KIND = 240
const MUTANTS = 200

const halves = kinds.map((kind, index) => {
  const random = seeded(20_250_301 + index)
  const all = runMetadata(kind, PER_KIND, random)
  return { kind, random, seen: all.slice(0, PER_KIND / 2), unseen: all.slice(PER_KIND / 2) }
})

t.test('learn: from half of the run metadata, admits at least 95 % of the other half of the same kind', async t => {
  let admitted = 0
  for (const { kind, seen, unseen } of halves) {
    const validate = compileSchema(learn(seen).schema!)
    const fit = unseen.filter(({ value }) => validate(value).ok).length
    t.comment(`${kind}: ${fit} of ${unseen.length} admitted`)
    t.ok(fit >= 0.95 * unseen.length, `${kind}: ${fit} of ${unseen.length}`)
    admitted += fit
  }
  t.comment(`all kinds: ${admitted} of ${(PER_KIND / 2) * kinds.length} admitted`)
})

t.test('P1: learn: admits none of 200 mutants with a planted field, read or name, by the schema alone', async t => {
  let passed = 0
  for (const { seen, unseen, random } of halves) {
    const validate = compileSchema(learn(seen).schema!)
    for (let count = 0; count < MUTANTS / kinds.length; count++)
      if (validate(planted(pick(unseen, random).value, random)).ok) passed++
  }
  t.comment(`${passed} of ${MUTANTS} mutants admitted`)
  t.equal(passed, 0)
})

t.test('learn: the same observations in any order, the same bytes', async t => {
  for (const { kind, seen, random } of halves.slice(1, 3)) {
    const forwards = canonicalize(learn(seen) as unknown as JsonValue)
    t.equal(canonicalize(learn(shuffled(seen, random)) as unknown as JsonValue), forwards, kind)
    t.equal(JSON.stringify(learn(seen.toReversed())), JSON.stringify(learn(seen)), `${kind}, spelled`)
  }
})

t.test('P1: learn: whatever was observed, what is proposed is closed and compiles', async t => {
  let closed = 0
  const values = array(jsonValue({ maxDepth: 3 }) as Arbitrary<JsonValue>, { minLength: 1, maxLength: 4 })
  assert(
    property(values, boolean(), (some, trust) => {
      const { schema } = learn(observe(...some), { trust })
      if (schema === null) return
      if (openings(schema).length > 0) throw new Error('an opening')
      compileSchema(schema)
      closed++
    }),
    { numRuns: 150, seed: 3 },
  )
  t.ok(closed > 20, `${closed} schemas`)
})

t.test('P7: learn: evidence and omissions hold no value', async t => {
  const { evidence, omitted } = learn(fields(['NV4835185', 'NV4835186', 'ZX1234567']))
  t.notMatch(JSON.stringify([evidence, omitted]), /NV|ZX|48351/)
  t.match(evidence, [
    { pointer: '' },
    { pointer: '/field', as: 'pattern', seen: 24, instruments: 3, days: 4, distinct: 3 },
  ])
})

t.test('P7: learn: a field in which a detector found something once is left out, with the detector', async t => {
  const clean = Array.from({ length: 20 }, () => 'ready')
  const proposal = learn(fields([...clean, 'jane.doe@example.org']))
  t.match(omissionOf(proposal, '/field'), { reason: 'flagged', detectors: ['email'] })
  t.equal(proposal.schema, null, 'nothing else was there')
  const inner = learn(
    observe({
      list: [
        { a: 1, b: 'x' },
        { a: 2, b: 'GATTACAGATTACACCGTTAGCATGCAT' },
      ],
    }),
  )
  t.match(omissionOf(inner, '/list/*/b'), { reason: 'flagged' })
  t.ok(admits(inner, { list: [{ a: 1 }] }))
  t.notOk(admits(inner, { list: [{ a: 1, b: 'x' }] }))
})

t.test('learn: more findings than one scan reports, and each flagged field is left out all the same', async t => {
  const addresses = Object.fromEntries(
    Array.from({ length: 9 }, (_, at) => [`f${at}`, Array(30).fill('j.doe@example.org')]),
  )
  const proposal = learn(observe({ ...addresses, ok: true }))
  t.equal(proposal.omitted.filter(({ reason }) => reason === 'flagged').length, 9)
  t.same(Object.keys(proposal.schema!.properties as object), ['ok'])
})

t.test(
  'P7: learn: a property name that is sensitive, odd or one of very many is neither proposed nor repeated',
  async t => {
    const read = 'GATTACAGATTACACCGTTAGCATGCAT'
    const proposal = learn(observe({ ok: 1, [read]: 1, '% Q30': 2 }))
    t.match(omissionOf(proposal, ''), { values: 1 })
    t.same(proposal.omitted.map(({ reason }) => reason).toSorted(), ['name-flagged', 'name-unfit'])
    t.notMatch(JSON.stringify(proposal), /GATTACA|Q30/)
    const keyed = Array.from({ length: 20 }, (_, at) => ({
      bySample: { [`sample${at}`]: 1, [`s${at * 7}x`]: 2 },
      ok: true,
    }))
    const byKey = learn(observe(...keyed))
    t.match(omissionOf(byKey, '/bySample'), { reason: 'names-like-data', values: 40 })
    t.notMatch(JSON.stringify(byKey), /sample|s7x/)
  },
)

t.test('learn: what one instrument sent on one day alone is rejected, unless it is trusted', async t => {
  const lone = { value: { state: 'ready', extra: 1 }, instrument: 'unit-9', day: '2025-03-09' }
  const plain = observe({ state: 'ready' })
  const careful = learn([...plain, lone, lone, lone])
  t.match(omissionOf(careful, '/extra'), { reason: 'too-little-evidence', instruments: 1, days: 1, seen: 3 })
  t.notOk(admits(careful, lone.value))
  t.ok(admits(learn([...plain, lone, lone, lone], { trust: true }), lone.value))
  const twoDays = [lone, { ...lone, day: '2025-03-10' }, { ...lone, instrument: 'unit-1' }]
  t.ok(admits(learn([...plain, ...twoDays]), lone.value), 'two days are enough')
})

t.test('learn: one source cannot move a range, add a word, change a type, or make names look like data', async t => {
  const plant = (value: JsonValue) => Array.from({ length: 2 }, () => ({ value, instrument: 'bad', day: '2025-03-01' }))
  const range = learn([...fields([10, 11, 12]), ...plant({ field: 999_999_999 })])
  t.match(propertyOf(range, 'field'), { type: 'integer', minimum: 0, maximum: 30 })
  t.match(omissionOf(range, '/field'), { reason: 'too-little-evidence', values: 1 })
  const words = learn([...fields(['Idle', 'Ready']), ...plant({ field: 'Bearer' })])
  t.same(propertyOf(words, 'field'), { enum: ['Idle', 'Ready'] })
  const digits = learn([...fields([1.5, 2.5]), ...plant({ field: 2.123456789 })])
  t.match(propertyOf(digits, 'field'), { multipleOf: 0.1 })
  const lots = Array.from({ length: 40 }, (_, at) => `2076${4400 + at * 7}`)
  for (const text of ['acgtacgt', '"{}', '2076440012345678', '2076-44 00'])
    t.match(propertyOf(learn([...fields(lots), ...plant({ field: text })]), 'field'), { pattern: '^[0-9]{8}$' }, text)
  const types = learn([...fields([1, 2]), ...plant({ field: 'x' })])
  t.match(propertyOf(types, 'field'), { type: 'integer' })
  const flood = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${at}`, 1]))
  t.ok(admits(learn([...fields([1, 2]), ...plant(flood)]), { field: 1 }))
})

t.test('learn: numbers, widened by their span to the next power of ten, zero kept, decimals as seen', async t => {
  const cases: readonly (readonly [readonly number[], object])[] = [
    [[76.7, 94.3], { type: 'number', minimum: 50, maximum: 120, multipleOf: 0.1 }],
    [[1, 2, 3, 4], { type: 'integer', minimum: 0, maximum: 7 }],
    [[-31.5, -28.25], { type: 'number', minimum: -50, maximum: -10, multipleOf: 0.01 }],
    [[0], { type: 'integer', minimum: 0, maximum: 1 }],
    [[0.07, 0.11], { type: 'number', minimum: 0, maximum: 0.3, multipleOf: 0.01 }],
  ]
  for (const [values, expected] of cases) t.same(propertyOf(learn(fields(values)), 'field'), expected, String(values))
})

t.test('learn: counts and durations, whose values crowd at one end, have a longer margin at the other', async t => {
  const stalls = [0, 1, 1, 2, 3, 2, 4, 5, 6, 40]
  t.same(propertyOf(learn(fields(stalls), { trust: true }), 'field'), { type: 'integer', minimum: 0, maximum: 500 })
  const even = [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40]
  t.same(propertyOf(learn(fields(even), { trust: true }), 'field'), { type: 'integer', minimum: 0, maximum: 80 })
  const mirrored = stalls.map(value => 100 - value)
  t.match(propertyOf(learn(fields(mirrored), { trust: true }), 'field'), { minimum: 0, maximum: 200 })
})

t.test('P1: learn: property names that are sequences, all of them or most, are not proposed', async t => {
  const tetramers = Array.from({ length: 16 }, (_, at) => `${'ACGT'[at >> 2]}${'ACGT'[at & 3]}`)
  const counts = Object.fromEntries(tetramers.map(name => [name, 1]))
  t.equal(omissionOf(learn(observe({ counts, ok: true })), '/counts')?.reason, 'names-like-data')
  const adapters = { AGATCGGAAGAGCGGTTCAG: 3, CCTCCTCAGGGAGTCATTACG: 1, GGA: 2 }
  const mostly = learn(observe({ adapters, ok: true }))
  t.ok(mostly.omitted.some(({ pointer, reason }) => pointer === '/adapters' && reason === 'names-like-data'))
  t.notMatch(JSON.stringify(mostly), /GGA/)
  t.ok(admits(learn(observe({ bases: { A: 1, C: 2, G: 3, T: 4, N: 0 } })), { bases: { A: 1, T: 4 } }), 'the five bases')
})

t.test('learn: the least and the greatest numbers there are, a bound or nothing, never a fault', async t => {
  const extremes = [5e-324, 1e-300, 1e-21, 1e21, 1.7e308, Number.MAX_SAFE_INTEGER]
  for (const one of extremes)
    for (const values of [[one], [-one], [-one, one], [0, one]]) {
      const proposal = learn(fields(values))
      t.ok(proposal.schema === null || openings(proposal.schema).length === 0, String(values))
    }
})

t.test('learn: a constant with many digits is listed; numbers that are all digits are left out', async t => {
  t.same(propertyOf(learn(fields([0.123456789012])), 'field'), { enum: [0.123456789012] })
  const random = seeded(5)
  const noisy = learn(fields(Array.from({ length: 60 }, () => random() * 100)))
  t.equal(omissionOf(noisy, '/field')?.reason, 'too-many-digits')
})

t.test('learn: strings become a list only where few recur, else a pattern by shape', async t => {
  const versions = Array.from({ length: 30 }, (_, at) => `v1.${at}.4`)
  t.same(propertyOf(learn(fields(versions)), 'field'), {
    type: 'string',
    pattern: String.raw`^v[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,2}$`,
    maxLength: 10,
  })
  const serials = learn(fields(['A00187', 'LH00188', 'A00189', 'LH00190']))
  t.ok(admits(serials, { field: 'A00999' }), 'what numbers things is no vocabulary')
  t.notOk(admits(serials, { field: 'B00999' }))
  t.same(propertyOf(learn(fields(['ready', 'busy', 'off'])), 'field'), { enum: ['busy', 'off', 'ready'] })
})

t.test('learn: letters and digits that mix otherwise each time are a mixture, however few were seen', async t => {
  const cells = ['HGM3FBCX2', 'HVLWWBCXY', 'HFK5KADXY', 'HGF72BCX2', 'HCYVGADXX']
  const seen = cells.map((field, at) => ({ value: { field }, instrument: `unit-${at}`, day: '2025-03-01' }))
  const proposal = learn(seen, { trust: true })
  t.ok(admits(proposal, { field: 'CB1TVANXX' }), 'the next one, of another shape')
  t.notOk(admits(proposal, { field: 'CB1TVANXX-2' }))
})

t.test('P1: learn: free text, opaque codes and what a read would fit in are never proposed', async t => {
  const random = seeded(11)
  const text = (alphabet: string, length: number) =>
    Array.from({ length }, () => pick(alphabet.split(''), random)).join('')
  const many = (make: () => string) => fields(Array.from({ length: 48 }, make))
  const words = ['run', 'stopped', 'because', 'valve', 'three', 'leaked', 'again', 'today']
  const cases: readonly (readonly [string, () => string])[] = [
    ['free text', () => Array.from({ length: 5 }, () => pick(words, random)).join(' ')],
    ['words of a list', () => Array.from({ length: 2 }, () => pick(words, random)).join('_')],
    ['a long repeat', () => `TATATATATATATA-${text('0123456789', 5)}`],
    ['a word', () => text('abcdefghiklmnoprstu', 7)],
    ['letters', () => text('BDEFHIKLMOPQRSVWXYZ', 9)],
    ['a hash', () => text('0123456789abcdef', 32)],
    ['a UUID', () => `${text('0123456789abcdef', 8)}-${text('0123456789abcdef', 4)}-4${text('0123456789abcdef', 3)}`],
    ['twelve characters', () => text('BDEFHIKLMOP0123456789', 12)],
    ['pieces', () => Array.from({ length: 6 }, () => text('BDEFHKL0123456789', 4)).join('-')],
    ['not ASCII', () => `µ${text('0123456789', 3)}`],
  ]
  for (const [name, make] of cases) t.equal(propertyOf(learn(many(make)), 'field'), undefined, name)
})

t.test('learn: optional and required, null beside a type, arrays with a margin, mixed types left out', async t => {
  const values = Array.from({ length: 70 }, (_, at) => ({
    id: at % 5,
    ...(at % 2 === 0 && { half: at % 7 === 0 ? null : 3 }),
    list: Array(2 + (at % 3)).fill(true),
    mixed: at % 2 === 0 ? 'a' : 1,
    nothing: null,
    none: [],
  }))
  const proposal = learn(observe(...values))
  t.same(proposal.schema!.required, ['id', 'list', 'none', 'nothing'])
  t.notOk('required' in learn(observe({ a: 1 })).schema!, 'after so few it may just not have lacked yet')
  t.match(propertyOf(proposal, 'half'), { type: ['integer', 'null'] })
  t.match(propertyOf(proposal, 'list'), { minItems: 0, maxItems: 6, items: { type: 'boolean' } })
  t.same(propertyOf(proposal, 'none'), { type: 'array', maxItems: 0 })
  t.equal(omissionOf(proposal, '/mixed')?.reason, 'mixed-types')
  t.ok(admits(proposal, { id: 1, half: null, list: [true], nothing: null, none: [] }))
})

t.test('learn: nothing observed, nothing proposed', async t => {
  t.match(learn([]), { schema: null, observations: 0, evidence: [] })
})

t.test('learn: what strings hold as JSON is learnt as that, and a leak in it is left out', async t => {
  const seen = (pack: (text: string) => string, read = 'A1') =>
    Array.from({ length: 200 }, (_, index) => {
      const text = JSON.stringify({ celsius: index % 50, sensor: index % 2 ? 'chiller' : 'heater', chip: read })
      const source = { instrument: `s${index % 4}`, day: `2026-01-0${1 + (index % 7)}` }
      return { ...source, value: { Records: [{ Data: pack(text) }] } }
    })
  const contentOf = (observations: Parameters<typeof learn>[0]): unknown => {
    const schema = learn(observations).schema as Record<string, any> | null
    return schema?.properties?.Records?.items?.properties?.Data
  }
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  t.match(contentOf(seen(base64)), {
    type: 'string',
    contentEncoding: 'base64',
    contentMediaType: 'application/json',
    contentSchema: {
      additionalProperties: false,
      properties: { celsius: { type: 'integer' }, chip: { enum: ['A1'] }, sensor: { enum: ['chiller', 'heater'] } },
    },
  })
  t.notMatch(contentOf(seen(text => text)), { contentEncoding: /./ })
  t.match(contentOf(seen(text => text)), { contentSchema: { properties: { celsius: { type: 'integer' } } } })
  const leaking = learn(seen(base64, 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'))
  t.notMatch(JSON.stringify(leaking.schema), /chip/)
  t.match(leaking.omitted, [{ pointer: '/Records/*/Data/chip', reason: 'flagged' }])
  const [first, ...rest] = seen(base64)
  const poisoned = [{ ...first!, value: { Records: [{ Data: 'none' }] } }, ...rest]
  t.notMatch(contentOf(poisoned), { contentSchema: {} }, 'one that is no JSON: then it is a string like any other')
})
