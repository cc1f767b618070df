import * as fc from 'fast-check'
import t from 'tap'
import {
  compileTemplates,
  decodeLog,
  encodeLog,
  logSchema,
  LogValueError,
  templateProblems,
  type LogTemplates,
  type LogValue,
  type TemplateProblem,
} from '../../../rules/body/log-lines.ts'
import type { JsonValue } from '../../../rules/canonical.ts'
import { openings, propertyNames } from '../../../rules/closed-schema.ts'
import { defaultLimits } from '../../../rules/policy.ts'
import { scan } from '../../../rules/scan.ts'
import { compileSchema } from '../../../rules/schema.ts'

const compiled = (source: Record<string, string>): LogTemplates => {
  const reading = compileTemplates(source)
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.templates
}

/** Modelled on real lines of a demultiplexing server and on the sensor channels named in patents. */
const source = {
  'memcs-calibrated':
    '{time:timestamp} {level:enum(INFO,WARN,WARNING,ERROR)} MEMCs calibrated in {ms:integer(0..600000)}ms',
  'memcs-info': 'INFO: MEMCs calibrated in {ms:integer(0..600000)}ms',
  licence: 'LICENSE_MSG|   Board {board:code(\\d{7}[A-Z]{2}\\d{2}[A-Z])}, CHIPID={chip:code([0-9A-F]{16})}',
  temperature:
    '{time:timestamp(DD/MM/YYYY hh:mm:ss.SSS)}\t{sensor:enum(reagentChiller,flowCellHeater)} {celsius:number(-20..120,2)}°C',
  fault: '{time:timestamp} {code:code([A-Z]{2,8}-?\\d{3,6})}: {{cycle {cycle:integer(1..700)}}}',
  software: 'Control software {version:version} started',
}
const templates = compiled(source)
const decode = (text: string, onUnmatched: 'block' | 'drop' = 'block', maxMembers = 1_000) =>
  decodeLog(text, templates, onUnmatched, { maxMembers })

const text = [
  '2023-08-25T09:43:32Z WARNING MEMCs calibrated in 1003ms',
  'INFO: MEMCs calibrated in 0ms',
  'LICENSE_MSG|   Board 2130048BA01N, CHIPID=0117A66834C0A0C5',
  '25/08/2023 09:43:32.125\treagentChiller 4.1°C',
  '2023-08-25T09:43:33Z FLU-1042: {cycle 151}',
  'Control software v1.8.1 started',
]
const value: LogValue = {
  lines: [
    { template: 'memcs-calibrated', parameters: { time: '2023-08-25T09:43:32Z', level: 'WARNING', ms: 1003 } },
    { template: 'memcs-info', parameters: { ms: 0 } },
    { template: 'licence', parameters: { board: '2130048BA01N', chip: '0117A66834C0A0C5' } },
    {
      template: 'temperature',
      parameters: { time: '25/08/2023 09:43:32.125', sensor: 'reagentChiller', celsius: 4.1 },
    },
    { template: 'fault', parameters: { time: '2023-08-25T09:43:33Z', code: 'FLU-1042', cycle: 151 } },
    { template: 'software', parameters: { version: 'v1.8.1' } },
  ],
}

t.test('log: lines are read into typed parameters, and written anew from them', async t => {
  const reading = decode(`${text.join('\n')}\n`)
  t.strictSame(reading, { ok: true, value, dropped: 0 })
  t.equal(encodeLog(value, templates), `${text.join('\n')}\n`)
})

t.test('P2: log: line ends, byte order mark and spelling of numbers say nothing', async t => {
  t.strictSame(decode(`\ufeff${text.join('\r\n')}`), { ok: true, value, dropped: 0 })
  const loose = decode('25/08/2023 09:43:32.125\treagentChiller 4.10°C')
  t.ok(loose.ok && encodeLog(loose.value, templates) === '25/08/2023 09:43:32.125\treagentChiller 4.1°C\n')
})

t.test('log: an empty text has no lines', async t => {
  t.strictSame(decode(''), { ok: true, value: { lines: [] }, dropped: 0 })
  t.equal(encodeLog({ lines: [] }, templates), '')
})

const unmatched: readonly [why: string, line: string][] = [
  ['free text', 'operator Jane Sample opened the door'],
  ['text in front', ' INFO: MEMCs calibrated in 1ms'],
  ['text behind', 'INFO: MEMCs calibrated in 1ms.'],
  ['a line in a line', 'INFO: MEMCs calibrated in 1ms\rINFO: MEMCs calibrated in 1ms'],
  ['a carriage return too many', 'INFO: MEMCs calibrated in 1ms\r'],
  ['a NUL', 'INFO: MEMCs calibrated in 1ms\0'],
  ['nothing', ''],
  ['out of range', 'INFO: MEMCs calibrated in 600001ms'],
  ['a leading zero', 'INFO: MEMCs calibrated in 01ms'],
  ['a sign', 'INFO: MEMCs calibrated in +1ms'],
  ['minus zero', '25/08/2023 09:43:32.125\treagentChiller -0.0°C'],
  ['too many decimals', '25/08/2023 09:43:32.125\treagentChiller 4.125°C'],
  ['no digit behind the point', '25/08/2023 09:43:32.125\treagentChiller 4.°C'],
  ['an exponent', '25/08/2023 09:43:32.125\treagentChiller 1e1°C'],
  ['other digits', 'INFO: MEMCs calibrated in ١ms'],
  ['too hot', '25/08/2023 09:43:32.125\treagentChiller 120.01°C'],
  ['no such day', '30/02/2023 09:43:32.125\treagentChiller 4.1°C'],
  ['no such hour', '2023-08-25T24:00:00Z INFO MEMCs calibrated in 1ms'],
  ['another century', '1923-08-25T09:43:32Z INFO MEMCs calibrated in 1ms'],
  ['not of the list', '2023-08-25T09:43:32Z TRACE MEMCs calibrated in 1ms'],
  ['lower case in a code', '2023-08-25T09:43:33Z flu-1042: {cycle 151}'],
  ['a code too long', '2023-08-25T09:43:33Z FLUIDICSX-1042: {cycle 151}'],
  ['a version of one part', 'Control software v1 started'],
]

t.test('P1: log: a line that no template reads blocks the log, or is left out and counted', async t => {
  for (const [why, line] of unmatched) {
    const log = `${text[1]}\n${line}\n${text[5]}`
    // A carriage return before the line feed belongs to the line end; one more does not.
    const spelled = line.endsWith('\r') ? log.replace('\r\n', '\r\r\n') : log
    t.strictSame(decode(spelled), { ok: false, fault: 'unmatched-line', line: 2 }, why)
    const dropped = decode(spelled, 'drop')
    t.strictSame(dropped, { ok: true, value: { lines: [value.lines[1], value.lines[5]] }, dropped: 1 }, why)
  }
})

t.test('log: more lines than the limit are refused', async t => {
  t.ok(decode(text.join('\n'), 'block', 31).ok)
  t.strictSame(decode(text.join('\n'), 'block', 30), { ok: false, fault: 'too-many-lines', line: 6 })
  t.strictSame(decode('\n\n\n', 'drop', 2), { ok: false, fault: 'too-many-lines', line: 3 }, 'dropped ones count too')
})

const wrongTemplates: readonly [source: Record<string, string>, problem: TemplateProblem['problem']][] = [
  [{}, 'no-templates'],
  [{ Upper: 'x' }, 'bad-id'],
  [{ a: '' }, 'too-long'],
  [{ a: 'x'.repeat(513) }, 'too-long'],
  [{ a: 'x\ny' }, 'bad-text'],
  [{ a: 'x\u202ey' }, 'bad-text'],
  [{ a: 'x\ud800y' }, 'bad-text'],
  [{ a: '{ms}' }, 'bad-name'],
  [{ a: '{Ms:version}' }, 'bad-name'],
  [{ a: 'open {' }, 'bad-name'],
  [{ a: 'close }' }, 'bad-name'],
  [{ a: '{__proto__:version}' }, 'bad-name'],
  [{ a: '{v:version} {v:version}' }, 'duplicate-name'],
  [{ a: '{message:text}' }, 'unknown-type'],
  [{ a: '{message:string}' }, 'unknown-type'],
  [{ a: '{message:constructor}' }, 'unknown-type'],
  [{ a: '{message:valueof}' }, 'unknown-type'],
  [{ a: '{n:integer}' }, 'unbounded'],
  [{ a: '{n:number(0..1)}' }, 'unbounded'],
  [{ a: '{e:enum}' }, 'unbounded'],
  [{ a: '{c:code}' }, 'unbounded'],
  [{ a: '{c:code([A-Z]+)}' }, 'unbounded'],
  [{ a: '{c:code([A-Z]*)}' }, 'unbounded'],
  [{ a: '{c:code([A-Z]{2,})}' }, 'unbounded'],
  [{ a: '{c:code(.)}' }, 'bad-arguments'],
  [{ a: '{c:code([A-Z]?\\d{0,3})}' }, 'bad-arguments'],
  [{ a: '{c:code([^A])}' }, 'bad-arguments'],
  [{ a: '{c:code([Z-A])}' }, 'bad-arguments'],
  [{ a: '{c:code([A-Z]{3,2})}' }, 'bad-arguments'],
  [{ a: '{c:code([A-Z]{65})}' }, 'bad-arguments'],
  [{ a: '{n:integer(2..1)}' }, 'bad-arguments'],
  [{ a: '{n:integer(0..0.5)}' }, 'bad-arguments'],
  [{ a: '{n:integer(0..9007199254740993)}' }, 'bad-arguments'],
  [{ a: '{n:number(0..0.05,1)}' }, 'bad-arguments'],
  [{ a: '{n:number(0..2000000000,1)}' }, 'bad-arguments'],
  [{ a: '{e:enum(A,A)}' }, 'bad-arguments'],
  [{ a: '{e:enum(A,)}' }, 'bad-arguments'],
  [{ a: '{t:timestamp(YYYY-MM-DD YYYY)}' }, 'bad-arguments'],
  [{ a: '{t:timestamp(hh:mm:ss.SSSSSSSS)}' }, 'bad-arguments'],
  [{ a: '{t:timestamp(T-Z)}' }, 'bad-arguments'],
  [{ a: '{t:timestamp()}' }, 'bad-arguments'],
  [{ a: '{v:version(1)}' }, 'bad-arguments'],
  [{ a: '{n:integer(0..9)}{m:integer(0..9)}' }, 'adjacent-parameters'],
  [{ a: '{n:integer(0..99)}0' }, 'unclear-end'],
  [{ a: '{n:number(0..9,1)}.{m:integer(0..9)}' }, 'unclear-end'],
  [{ a: '{e:enum(WARN,WARNING)}ING' }, 'unclear-end'],
  [{ a: '{v:version}.{n:integer(0..9)}' }, 'unclear-end'],
  [{ a: 'n={n:integer(0..9)}', b: 'n={m:integer(5..700)}' }, 'ambiguous'],
  [{ a: '{c:code([A-Z]{3})} done', b: 'ABC done' }, 'ambiguous'],
]

t.test('P8: log: a template that is not clear or not bounded is refused at load', async t => {
  for (const [source, problem] of wrongTemplates) {
    const reading = compileTemplates(source)
    t.match(reading, { ok: false, problems: [{ problem }] }, JSON.stringify(source))
    t.ok(templateProblems[problem])
  }
  const clash = compileTemplates({ a: 'n={n:integer(0..9)}', b: 'n={m:integer(5..700)}' })
  const other = clash.ok ? null : clash.problems[0]?.other
  t.match(other, { id: 'a', line: /^n=\d$/ }, 'says which other one, with a line that both read')
})

t.test('log: templates that differ somewhere, and text that ends a parameter, are accepted', async t => {
  for (const source of [
    { a: '{n:number(0..9,1)}. done' },
    { a: '{n:integer(0..9)}.{m:integer(0..9)}' },
    { a: '{n:number(0..9,1)}.' },
    { a: '{e:enum(WARN,WARNING)} ING' },
    { a: '{t:timestamp(YYYYMMDDhhmmss)}', b: '{t:timestamp(hh:mm)}' },
    { a: '{v:version}.' },
    { a: '{v:version}', b: '{n:integer(0..99)}' },
    { a: '{c:code([A-Z]{3})} done', b: 'ABCD done' },
  ])
    t.ok(compileTemplates(source).ok, JSON.stringify(source))
})

t.test('P2: log: what no line says is not written', async t => {
  const line = (template: string, parameters: JsonValue): JsonValue => ({ lines: [{ template, parameters }] })
  const wrong: JsonValue[] = [
    [],
    { lines: {} },
    { lines: [], more: 1 },
    { lines: [{ template: 'memcs-info', parameters: { ms: 1 }, more: 1 }] },
    line('unknown', {}),
    line('constructor', {}),
    line('memcs-info', {}),
    line('memcs-info', { ms: 1, more: 1 }),
    line('memcs-info', { sm: 1 }),
    line('memcs-info', { ms: '1' }),
    line('memcs-info', { ms: 600_001 }),
    line('memcs-info', { ms: 1.5 }),
    line('memcs-info', { ms: null }),
    line('software', { version: 'v1.8.1\nfree text' }),
    line('software', { version: 'v1.8.1 started\nControl software v1.8.2' }),
    line('software', { version: '' }),
  ]
  for (const value of wrong) t.throws(() => encodeLog(value, templates), LogValueError, JSON.stringify(value))
})

t.test('P7: log: a refusal holds nothing of the line', async t => {
  t.strictSame(Object.keys(decode('operator Jane Sample')).sort(), ['fault', 'line', 'ok'])
  t.notMatch(new LogValueError().message, /Jane/)
})

t.test('log schema: closed, and it admits what is read and nothing beside', async t => {
  const schema = logSchema(templates, 1_000)
  t.strictSame(openings(schema), [])
  const validate = compileSchema(schema)
  t.ok(validate(value).ok)
  for (const parameters of [{ ms: -1 }, { ms: 600_001 }, { ms: 1, more: 1 }, {}])
    t.notOk(validate({ lines: [{ template: 'memcs-info', parameters }] }).ok, JSON.stringify(parameters))
  t.notOk(validate({ lines: [{ template: 'other', parameters: { ms: 1 } }] }).ok)
})

t.test('log: no detector takes real lines for something sensitive', async t => {
  const names = [...propertyNames(logSchema(templates, 1_000))].map(name => ({ [name]: null }))
  t.strictSame(scan([{ surface: 'body', value: [value, ...names], names: null }], defaultLimits).findings, [])
})

const number = fc.integer({ min: -2_000, max: 12_000 }).map(hundredths => hundredths / 100)
const two = fc.integer({ min: 0, max: 99 }).map(n => String(n).padStart(2, '0'))
const anyLine = fc.oneof(
  fc.record({
    template: fc.constant('memcs-info'),
    parameters: fc.record({ ms: fc.integer({ min: 0, max: 600_000 }) }),
  }),
  fc.record({
    template: fc.constant('temperature'),
    parameters: fc.record({
      time: fc.tuple(two, two).map(([year, part]) => `01/12/20${year} 09:43:32.1${part}`),
      sensor: fc.constantFrom('reagentChiller', 'flowCellHeater'),
      celsius: number,
    }),
  }),
  fc.record({
    template: fc.constant('licence'),
    parameters: fc.record({
      board: fc.stringMatching(/^[0-9]{7}[A-Z]{2}[0-9]{2}[A-Z]$/),
      chip: fc.stringMatching(/^[0-9A-F]{16}$/),
    }),
  }),
)

t.test('P2: log: any values are written and read back as they were, and the schema admits them', async () => {
  const validate = compileSchema(logSchema(templates, 1_000))
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 8 }), lines => {
      const reading = decode(encodeLog({ lines }, templates))
      const isSame = reading.ok && JSON.stringify(reading.value) === JSON.stringify({ lines })
      return isSame && validate(reading.value).ok
    }),
    { numRuns: 500 },
  )
})

t.test('P2: log: hostile lines are refused, or written as they stood', async t => {
  const seen = { read: 0, refused: 0 }
  const mutated = fc
    .tuple(fc.constantFrom(...text), fc.nat(), fc.nat(2), fc.string({ unit: 'binary', maxLength: 2 }))
    .map(([line, at, cut, added]) => line.slice(0, at % line.length) + added + line.slice((at % line.length) + cut))
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string({ unit: 'binary' })), line => {
      const reading = decode(line)
      seen[reading.ok ? 'read' : 'refused']++
      if (!reading.ok) return true
      // Up to the end of the lines, a byte order mark and zeros behind a decimal point.
      const plain = line
        .replace(/^\ufeff/, '')
        .replaceAll('\r\n', '\n')
        .replace(/(?<=\.\d*[1-9]?)0+(?=°)/, '')
        .replace('.°', '°')
      return encodeLog(reading.value, templates).replace(/\n$/, '') === plain.replace(/\n$/, '')
    }),
    { numRuns: 3_000 },
  )
  t.ok(seen.read > 100 && seen.refused > 100, `${seen.read} read, ${seen.refused} refused`)
})
