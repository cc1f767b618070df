import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { canonicalize, type JsonValue } from '../../../rules/canonical.ts'
import { capacityAt, capacityOf } from '../../../rules/capacity/capacity.ts'
import { multipleOf } from '../../../rules/multiple-of.ts'
import { compileSchema } from '../../../rules/schema.ts'
import { seeded, type Random } from '../../kit/random.ts'

type Schema = { readonly [key: string]: unknown } | boolean

/** A schema, and whether each value passes it in one way only, so that the bound has to be met exactly. */
type Generated = { readonly schema: Schema; readonly isExact: boolean }

const exact = (schema: Schema): Generated => ({ schema, isExact: true })

const primitives: readonly JsonValue[] = [null, false, true, 0, 1, 'a']
const names = ['x', 'y']

/** Every array of up to two of the values, and every object of up to two named members that have them. */
const composed = (values: readonly JsonValue[]): readonly JsonValue[] => {
  const members = [undefined, ...values]
  const arrays: JsonValue[] = [[], ...values.map(one => [one])]
  for (const first of values) for (const second of values) arrays.push([first, second])
  const objects = members.flatMap(x =>
    members.map(y => ({ ...(x !== undefined && { x }), ...(y !== undefined && { y }) })),
  )
  return [...arrays, ...objects]
}

const flat = [...primitives, ...composed(primitives)]
/** Every value that a generated schema can admit: nested to two levels. */
const universe = [...primitives, ...composed(flat)]

const leaves: readonly Schema[] = [
  { type: 'null' },
  { type: 'boolean' },
  { type: 'integer', minimum: 0, maximum: 1 },
  { type: 'integer', exclusiveMinimum: 0, maximum: 1 },
  { type: 'number', minimum: 0, maximum: 1, multipleOf: 1 },
  { type: 'string', pattern: '^a$', maxLength: 1 },
  { type: 'string', pattern: '^a+$', maxLength: 1 },
  { const: 'a' },
  { const: 1 },
  { enum: [0, 1, null] },
  { enum: ['a'] },
  { type: 'string', enum: ['a', 0] },
  { type: 'integer', minimum: 2, maximum: 1 },
  { type: 'string', pattern: '^a{2,4}$', maxLength: 1 },
  { $ref: '#/$defs/bit' },
  false,
]

const members = (random: Random, inner: (random: Random) => Generated): Generated => {
  const properties = names.filter(() => random.chance(0.8)).map(name => [name, inner(random)] as const)
  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties.map(([name, { schema }]) => [name, schema])),
    ...(random.chance(0.6) && { required: names.filter(() => random.chance(0.3)) }),
    ...(random.chance(0.2) && { minProperties: random.below(3) }),
    ...(random.chance(0.2) && { maxProperties: random.below(3) }),
  }
  return { schema, isExact: properties.every(([, { isExact }]) => isExact) }
}

const elements = (random: Random, inner: (random: Random) => Generated): Generated => {
  const prefix = Array.from({ length: random.below(3) }, () => inner(random))
  const items = random.chance(0.3) ? exact(false) : inner(random)
  const schema = {
    type: 'array',
    ...(prefix.length > 0 && { prefixItems: prefix.map(({ schema }) => schema) }),
    items: items.schema,
    ...(items.schema !== false || random.chance(0.3) ? { maxItems: random.below(3) } : {}),
    ...(random.chance(0.4) && { minItems: random.below(3) }),
  }
  return { schema, isExact: [...prefix, items].every(({ isExact }) => isExact) }
}

/** Members whose names a pattern admits. */
const patterned = (random: Random, inner: (random: Random) => Generated): Generated => {
  const { schema } = inner(random)
  return {
    schema: {
      type: 'object',
      additionalProperties: false,
      patternProperties: { '^[xy]$': schema },
      propertyNames: { type: 'string', pattern: '^[xy]$', maxLength: 1 },
      maxProperties: 1 + random.below(2),
    },
    isExact: false,
  }
}

/** `if`, `then` and, where there is a third, `else`; not written out, since an object with a `then` passes for a promise. */
const condition = (...schemas: readonly Schema[]): Record<string, unknown> =>
  Object.fromEntries(schemas.map((schema, index) => [['if', 'then', 'else'][index]!, schema]))

const narrowing: readonly ((random: Random) => Record<string, unknown>)[] = [
  random => ({ not: random.pick(leaves) }),
  random => condition(random.pick(leaves), random.pick(leaves), random.pick(leaves)),
  random => condition({ required: ['x'] }, random.pick(leaves)),
  () => ({ uniqueItems: true }),
  random => ({ contains: random.pick(leaves) }),
  () => ({ dependentRequired: { x: ['y'] } }),
  random => ({ allOf: [random.pick(leaves)] }),
  random => ({ anyOf: [random.pick(leaves), { required: ['y'] }] }),
  () => ({ oneOf: [{ required: ['x'] }, { required: ['y'] }] }),
  random => ({ enum: random.pick([[[], { x: 1 }], [0, 1, 'a'], [{}]]) }),
  () => ({ propertyNames: { enum: ['x'] } }),
  random => ({ $ref: random.pick(['#/$defs/bit', '#/$defs/pair']) }),
]

const kindOf = (schema: Schema): unknown =>
  typeof schema === 'object' && typeof schema.type === 'string' ? schema.type : undefined

const union = (random: Random, inner: (random: Random) => Generated): Generated => {
  const branches = Array.from({ length: 1 + random.below(3) }, () => inner(random))
  const kinds = branches.map(({ schema }) => kindOf(schema))
  // Of different types no two branches can admit the same value; integers and numbers can.
  const isDisjoint =
    !kinds.includes(undefined) &&
    new Set(kinds.map(kind => (kind === 'integer' ? 'number' : kind))).size === kinds.length
  return {
    schema: { [random.pick(['anyOf', 'oneOf'])]: branches.map(({ schema }) => schema) },
    isExact: isDisjoint && branches.every(({ isExact }) => isExact),
  }
}

const types = (random: Random): Generated => {
  const all = ['null', 'boolean', 'integer', 'number', 'string']
  const chosen = all.filter(() => random.chance(0.4))
  return exact({
    type: chosen.length > 0 ? chosen : ['null'],
    minimum: 0,
    maximum: 1,
    multipleOf: 1,
    pattern: '^a$',
    maxLength: 1,
  })
}

const generate = (random: Random, depth: number): Generated => {
  const inner = (random: Random): Generated => generate(random, depth - 1)
  if (depth === 0) return random.chance(0.2) ? types(random) : exact(random.pick(leaves))
  const kind = random.below(10)
  const made =
    kind < 4
      ? members(random, inner)
      : kind < 7
        ? elements(random, inner)
        : kind < 8
          ? patterned(random, inner)
          : union(random, inner)
  if (typeof made.schema === 'boolean' || random.chance(0.7)) return made
  return { schema: { ...made.schema, ...random.pick(narrowing)(random) }, isExact: false }
}

const $defs = {
  bit: { type: 'integer', minimum: 0, maximum: 1 },
  pair: { type: 'array', items: { $ref: '#/$defs/bit' }, minItems: 2, maxItems: 2 },
}

const ajv = new Ajv2020({ strict: false, ownProperties: true, validateSchema: false, addUsedSchema: false })

const countValid = (schema: Schema, values: readonly JsonValue[]): number => {
  const validate = ajv.compile(schema)
  const count = values.reduce<number>((count, value) => count + Number(validate(value)), 0)
  ajv.removeSchema()
  return count
}

t.test(
  'capacity: over 600 generated schemas, never below the number of values that ajv admits, and equal to it where each value passes in one way',
  async t => {
    const random = seeded(7)
    let met = 0
    let bounded = 0
    for (let index = 0; index < 600; index++) {
      const depth = index % 4 === 0 ? 2 : 1
      const { schema, isExact } = generate(random, depth)
      const document = { $defs, allOf: [schema] }
      const truth = Math.log2(countValid(document, depth === 1 ? flat : universe))
      const { bits, fields } = capacityOf(document)
      const text = JSON.stringify(schema)
      if (!(bits >= truth - 1e-9)) t.fail(`${bits} < ${truth}: ${text}`)
      if (isExact && !(bits === truth || Math.abs(bits - truth) < 1e-9)) t.fail(`${bits}, not ${truth}: ${text}`)
      const inFields = fields.reduce((sum, field) => sum + field.bits, 0)
      if (bits > -Infinity && !(inFields >= bits - 1e-9)) t.fail(`fields ${inFields} < ${bits}: ${text}`)
      if (isExact && truth > 0) met++
      if (bits < Infinity) bounded++
    }
    t.ok(met > 150, `${met} met exactly`)
    t.ok(bounded > 590, `${bounded} bounded`)
  },
)

/** -3 to 3 in steps of 0.05, as decimals are written. */
const grid = Array.from({ length: 121 }, (_, index) => Number(((index - 60) * 0.05).toFixed(2)))

type NumberSchema = { readonly type: string; readonly multipleOf: number; readonly [bound: string]: unknown }

/** The validator as it is compiled, for some; for all others, since compiling is slow, its parts. */
const judgeOf = (schema: NumberSchema, index: number): ((value: number) => boolean) => {
  if (index % 10 === 0) {
    const validate = compileSchema(schema)
    return value => validate(value).ok
  }
  const isMultiple = multipleOf(schema.multipleOf)
  const { minimum = -9, exclusiveMinimum = -9, maximum = 9, exclusiveMaximum = 9 } = schema as Record<string, number>
  return value =>
    isMultiple(value) &&
    (schema.type === 'number' || Number.isInteger(value)) &&
    value >= minimum &&
    value > exclusiveMinimum &&
    value <= maximum &&
    value < exclusiveMaximum
}

t.test('capacity: numbers with a step, exactly as many as the validator of the house lets through', async t => {
  const random = seeded(11)
  const limit = () => Number((random.below(121) * 0.05 - 3).toFixed(2))
  for (let index = 0; index < 300; index++) {
    const schema = {
      type: random.pick(['number', 'integer']),
      multipleOf: random.pick([0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 1.5, 2]),
      [random.pick(['minimum', 'exclusiveMinimum'])]: limit(),
      [random.pick(['maximum', 'exclusiveMaximum'])]: limit(),
    }
    const truth = Math.log2(grid.filter(judgeOf(schema, index)).length)
    const { bits } = capacityOf(schema)
    if (bits !== truth && Math.abs(bits - truth) > 1e-9) t.equal(bits, truth, JSON.stringify(schema))
  }
})

t.test('capacity: numbers without a step are counted double by double', async t => {
  const smallest = Number.MIN_VALUE
  t.equal(capacityOf({ type: 'number', minimum: -smallest, maximum: smallest * 2 }).bits, 2, 'zero once')
  t.equal(capacityOf({ type: 'number', minimum: 1, maximum: 1 + 7 * Number.EPSILON }).bits, 3)
  t.equal(capacityOf({ type: 'number', exclusiveMinimum: 1, exclusiveMaximum: 1 + 2 * Number.EPSILON }).bits, 0)
  const free = capacityOf({ type: 'number' }).bits
  t.ok(free > 63.99 && free <= 64, 'all of them')
  t.equal(capacityOf({ type: 'integer' }).bits <= free, true, 'integers are doubles too')
  t.equal(capacityOf({ type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 }).bits, 32)
  t.ok(capacityOf({ type: 'number', minimum: 0, maximum: 1e-300, multipleOf: 1e-308 }).bits < 27)
})

t.test('capacity: further properties by name and number', async t => {
  const names = { type: 'string', pattern: '^[ab]{2}$', maxLength: 2 }
  const bit = { type: 'boolean' }
  const object = { type: 'object', additionalProperties: bit, propertyNames: names }
  // Of 4 names each is absent or has one of two values; of sets of up to two names there are 1 + 4·2 + 6·4.
  t.match(capacityOf({ ...object, maxProperties: 4 }).bits.toFixed(9), Math.log2(3 ** 4).toFixed(9))
  t.match(capacityOf({ ...object, maxProperties: 2 }).bits.toFixed(9), Math.log2(33).toFixed(9))
  t.equal(capacityOf({ type: 'object', additionalProperties: bit, maxProperties: 2 }).bits, Infinity, 'any names')
})

t.test('capacity: what has no bound is Infinity, with the place and the reason', async t => {
  const closed = { type: 'object', additionalProperties: false }
  const cases: readonly [unknown, string, string][] = [
    [{ ...closed, properties: { a: { type: 'string' } } }, '/a', 'no "maxLength"'],
    [{ ...closed, properties: { a: { type: 'string', pattern: '^x+$' } } }, '/a', 'no "maxLength"'],
    [{ ...closed, properties: { a: {} } }, '/a', 'no "type"'],
    [{ ...closed, properties: { a: true } }, '/a', 'no schema bounds it'],
    [{ type: 'object', properties: { a: { const: 1 } } }, '/*', 'properties that are not listed'],
    [{ type: 'array', items: { const: 1 } }, '', 'no "maxItems"'],
    [{ type: 'array', maxItems: 3 }, '/*', 'no "items"'],
    [{ ...closed, properties: { a: { $ref: '#' } } }, '/a', 'the schema contains itself'],
    [{ $ref: '#/$defs/none' }, '', 'a "$ref" leads nowhere'],
  ]
  for (const [schema, pointer, reason] of cases) {
    const { bits, fields } = capacityOf(schema)
    t.equal(bits, Infinity, reason)
    t.match(
      fields.filter(field => field.bits === Infinity),
      [{ pointer, unbounded: reason }],
      JSON.stringify(schema),
    )
  }
})

t.test('capacity: fields by bits, elements of arrays together, references where they are used', async t => {
  const percent = { type: 'number', minimum: 0, maximum: 100, multipleOf: 0.1 }
  const schema = {
    $defs: { percent },
    type: 'object',
    required: ['lanes', 'kind'],
    additionalProperties: false,
    properties: {
      kind: { const: 'x' },
      total: { $ref: '#/$defs/percent' },
      lanes: { type: 'array', minItems: 8, maxItems: 8, items: { $ref: '#/$defs/percent' } },
      'a/b~c': { type: 'boolean' },
    },
  }
  const { bits, fields } = capacityOf(schema)
  t.same(
    fields.map(({ pointer }) => pointer),
    ['/lanes/*', '/total', '/a~1b~0c'],
  )
  t.ok(Math.abs(fields[0]!.bits - 8 * Math.log2(1001)) < 1e-9)
  t.ok(Math.abs(fields[1]!.bits - Math.log2(1002)) < 1e-9, 'present or absent')
  t.ok(Math.abs(bits - fields.reduce((sum, field) => sum + field.bits, 0)) < 1e-9)
  t.equal(capacityAt(schema)('/properties/lanes').bits, 8 * Math.log2(1001))
  t.equal(capacityAt(schema)('/nowhere').bits, Infinity)
})

t.test('capacity: a schema that is no schema throws nothing, and is never called bounded for it', async t => {
  const broken: readonly JsonValue[] = [
    null,
    'x',
    { type: 5 },
    { type: 'object', additionalProperties: false, properties: { a: 5 }, required: ['a'] },
    { type: 'array', items: 'x', maxItems: 2 },
    { type: 'string', pattern: '(' },
    { type: 'string', pattern: 5 },
    { allOf: {}, anyOf: 'x', $ref: 7 },
  ]
  for (const schema of broken) t.equal(capacityOf(schema).bits, Infinity, JSON.stringify(schema))
  t.ok(capacityOf({ type: 'number', multipleOf: 0, minimum: 'x' }).bits > 63)
})

t.test('capacity: strings are counted by their pattern within their length', async t => {
  const bits = (schema: object): number => capacityOf({ type: 'string', ...schema }).bits
  t.equal(bits({ pattern: '^[ACGT]{8}$', maxLength: 8 }), 16)
  t.ok(Math.abs(bits({ pattern: '^[ACGT]*$', minLength: 1, maxLength: 2 }) - Math.log2(20)) < 1e-9)
  t.equal(bits({ minLength: 1, maxLength: 1 }), Math.log2(0x11_00_00 - 0x8_00), 'without pattern, every character')
  const explosive = { pattern: '^(?:[ab]*a[ab]{13})$', maxLength: 20 }
  t.ok(bits(explosive) >= 20 && bits(explosive) < Infinity, 'a pattern that is given up counts as all strings')
})

t.test('capacity: the examples that the design was reckoned with', async t => {
  const metrics = (multipleOf: number, ids: { readonly [name: string]: object }) => {
    const percent = { type: 'number', minimum: 0, maximum: 100, multipleOf }
    const properties = {
      ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`metric${index}`, percent])),
      status: { type: 'integer', minimum: 0, maximum: 3 },
      ...ids,
    }
    return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties }
  }
  const ids = {
    instrument: { type: 'string', pattern: '^A[0-9]{5}$', maxLength: 6 },
    flowCell: { type: 'string', pattern: '^[A-Z0-9]{9}$', maxLength: 9 },
  }
  t.equal(Math.round(capacityOf(metrics(0.01, ids)).bits), 331, '20 metrics in steps of 0.01, ids by pattern')
  t.equal(Math.round(capacityOf(metrics(0.1, { run: { const: 'token' } })).bits), 201, 'steps of 0.1, no free id')
  const wide = { type: 'string', pattern: '^[ -~]*$', maxLength: 128 }
  const published = capacityOf(metrics(0.01, { a: wide, b: wide, c: wide, d: wide, e: wide, f: wide, g: wide })).bits
  t.ok(published > 5000 && published < 7000, 'strings of 128 printable characters reach thousands of bits')

  const tiles = (multipleOf: number) => {
    const count = { type: 'integer', minimum: 0, maximum: 8_000_000, multipleOf }
    const tile = { type: 'array', prefixItems: [count, count], items: false, minItems: 2, maxItems: 2 }
    return { type: 'array', minItems: 704, maxItems: 704, items: tile }
  }
  t.equal(Math.round(capacityOf(tiles(1)).bits), 32_288, 'two integers for each of 704 tiles')
  t.equal(Math.round(capacityOf(tiles(10_000)).bits), 13_581, 'rounded to 10,000')

  const minutesOfAYear = { type: 'integer', minimum: 0, maximum: 525_599 }
  const heartbeat = {
    type: 'object',
    additionalProperties: false,
    required: ['state', 'minute'],
    properties: { state: { enum: ['idle', 'running', 'washing', 'error'] }, minute: minutesOfAYear },
  }
  t.equal(Math.round(capacityOf(heartbeat).bits), 21)
  t.equal(capacityOf({ ...heartbeat, additionalProperties: true }).bits, Infinity)
})

t.test('capacity: values that are written out are counted once each', async t => {
  const same: readonly JsonValue[] = [1, 1, { a: 1, b: 2 }, { b: 2, a: 1 }]
  t.equal(new Set(same.map(canonicalize)).size, 2)
  t.equal(capacityOf({ enum: same }).bits, 1)
})
