import { Ajv2020 } from 'ajv/dist/2020.js'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packsFolder } from '../../../proxy/policy/policy-file.ts'
import type { JsonValue } from '../../../rules/canonical.ts'
import { compileSchema } from '../../../rules/schema.ts'
import { seeded } from '../../kit/random.ts'
import { measure, shareOf, type Spread } from '../measure.ts'
import type { Report, Suite } from '../suite.ts'
import { samplesOf, vary } from '../telemetry.ts'

const ROUNDS = 8
/** Octets of telemetry of each round. */
const ROUND = 2 ** 19

/** How often each message is taken in a round: the clock of CPU time ticks every four milliseconds. */
const TIMES = 8

/** A schema of a pack, and the samples that it admits. */
type Kind = { readonly name: string; readonly schema: object; readonly samples: readonly JsonValue[] }

/** All that are for JSON. */
const kinds = (): readonly Kind[] =>
  readdirSync(packsFolder).flatMap(pack =>
    readdirSync(join(packsFolder, pack))
      .filter(file => file.endsWith('.schema.json'))
      .toSorted()
      .map(file => {
        const kind = file.replace('.schema.json', '')
        const schema = JSON.parse(readFileSync(join(packsFolder, pack, file), 'utf8')) as object
        return { name: `${pack}/${kind}`, schema, samples: samplesOf(pack, kind) }
      }),
  )

/** ajv as its documentation has it: patterns on V8, `multipleOf` within a tolerance (without one it takes 0.07 for no multiple of 0.01), unknown keywords taken. */
const bareAjv = (schema: object) =>
  new Ajv2020({ strict: false, validateFormats: false, logger: false, multipleOfPrecision: 6 }).compile<JsonValue>(
    schema,
  )

/** The samples with other numbers, times and identifiers wherever both still admit them. */
const messages = (all: Kind, isAdmitted: (value: JsonValue) => boolean, seed: number): readonly string[] => {
  const random = seeded(seed)
  const samples = all.samples.filter(isAdmitted)
  if (samples.length === 0) throw new Error(`bench: no sample of ${all.name} is admitted`)
  const texts: string[] = []
  for (let size = 0; size < ROUND; size += texts.at(-1)!.length) {
    const sample = random.pick(samples)
    const varied = vary(sample, random)
    texts.push(JSON.stringify(isAdmitted(varied) ? varied : sample))
  }
  return texts
}

const repeat = (work: () => void): void => {
  for (let times = 0; times < TIMES; times++) work()
}

const validate = (report: Report, kind: Kind): void => {
  const own = compileSchema(kind.schema)
  const bare = bareAjv(kind.schema)
  let seed = 0
  let texts: readonly string[] = []
  const must = (isAdmitted: boolean): void => {
    if (!isAdmitted) throw new Error(`bench: a sample of ${kind.name} is not admitted`)
  }
  const { parse, ajv, sluice } = measure(ROUNDS, () => {
    texts = messages(kind, value => own(value).ok && bare(value), ++seed)
    let values: JsonValue[] = []
    return {
      parse: () => repeat(() => void (values = texts.map(text => JSON.parse(text) as JsonValue))),
      ajv: () => repeat(() => values.forEach(value => must(bare(value)))),
      sluice: () => repeat(() => values.forEach(value => must(own(value).ok))),
    }
  })
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / texts.length
  const row = (what: string, time: Spread, to?: string, base?: Spread): void =>
    report.row({
      name: `${kind.name}: ${what}`,
      unit: 'us/message',
      time: shareOf(time, 1_000 / (TIMES * texts.length)),
      bytes,
      ...(base && { ratio: { to: to!, value: time.mean / base.mean } }),
    })
  row('JSON.parse', parse)
  row('bare ajv', ajv, 'JSON.parse', parse)
  row('sluice', sluice, 'bare ajv', ajv)
}

const compile = (report: Report, all: readonly Kind[]): void => {
  const { ajv, sluice } = measure(4, () => ({
    ajv: () => all.forEach(({ schema }) => bareAjv(schema)),
    sluice: () => all.forEach(({ schema }) => compileSchema(schema)),
  }))
  const name = `all ${all.length} schemas compiled`
  report.row({ name: `${name}: bare ajv`, unit: 'ms', time: ajv, bytes: 0 })
  const ratio = { to: 'bare ajv', value: sluice.mean / ajv.mean }
  report.row({ name: `${name}: sluice`, unit: 'ms', time: sluice, bytes: 0, ratio })
}

export const schemaSuite: Suite = {
  name: 'schema',
  title: 'the schemas of the shipped packs: compiling them, and validating what they admit, beside ajv and JSON.parse',
  run(report) {
    const all = kinds()
    compile(report, all)
    for (const kind of all) validate(report, kind)
  },
}
