import * as fc from 'fast-check'
import t from 'tap'
import { readLines } from '../../../rules/body/json-lines.ts'

const limits = { maxDepth: 3, maxMembers: 8, maxStringLength: 10 }
const read = (text: string, maxLines = 3) => readLines(text, maxLines, limits)

t.test('ndjson: each line is one JSON text, the last one ended or not', async t => {
  for (const text of ['{"a":1}\n[2]\n', '{"a":1}\n[2]', ' {"a" : 1}\r\n[2]\t\r\n'])
    t.match(read(text), { ok: true, values: [{ a: 1 }, [2]] }, JSON.stringify(text))
  t.match(read('1\n2\n3\n'), { ok: true, values: [1, 2, 3] })
  t.match(read('null'), { ok: true, values: [null] })
})

t.test('P1: ndjson: what is no list of JSON texts is refused, with the line at fault', async t => {
  const malformed: readonly [string, string, number][] = [
    ['nothing at all', '', 0],
    ['a line break alone', '\n', 0],
    ['an empty line between', '1\n\n2\n', 1],
    ['an empty line at the end', '1\n2\n\n', 2],
    ['a blank line', '1\n \n2\n', 1],
    ['a byte order mark', '\ufeff1\n2\n', 0],
    ['two texts on a line', '1\n2 3\n', 1],
    ['a comma between', '1,\n2\n', 0],
    ['an array over two lines', '[1,\n2]\n', 0],
    ['brackets that would fit together', '1],[2\n', 0],
    ['a carriage return alone', '1\r2\n', 0],
    ['a record separator', '\x1e1\n', 0],
  ]
  for (const [name, text, line] of malformed) t.match(read(text), { ok: false, fault: 'json-malformed', line }, name)
  t.match(read('{}\n{"a":1,"a":2}'), { ok: false, fault: 'json-duplicate-name', line: 1 })
  t.match(read('1e400'), { ok: false, fault: 'json-number-not-representable', line: 0 })
})

t.test('ndjson: limits hold for all lines together', async t => {
  t.match(read('1\n2\n3\n4\n'), { ok: false, fault: 'json-too-large', rule: 'maxLines', line: 3 })
  t.match(read('1\n2\n3\n4'), { ok: false, rule: 'maxLines' })
  t.match(read('\n'.repeat(1_000_000)), { ok: false, rule: 'maxLines' })
  t.match(read('[[0]]'), { ok: true }, 'the list is the third level')
  t.match(read('[[[0]]]'), { ok: false, fault: 'json-too-deep', line: 0 })
  t.match(read('[1,2]\n[3]\n'), { ok: true })
  t.match(read('[1,2,3,4]\n[5,6,7]\n'), { ok: false, fault: 'json-too-large', rule: null, line: 1 })
  t.match(readLines('1\n'.repeat(9), 20, limits), { ok: false, fault: 'json-too-large', rule: null, line: 8 })
})

t.test('ndjson: what one writes line by line is read again', async () => {
  const wide = { maxDepth: 100, maxMembers: 10_000, maxStringLength: 10_000 }
  const values = fc.array(fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string(), fc.boolean())), {
    minLength: 1,
    maxLength: 5,
  })
  fc.assert(
    fc.property(values, values => {
      const reading = readLines(values.map(value => `${JSON.stringify(value)}\n`).join(''), 5, wide)
      return reading.ok && JSON.stringify(reading.values) === JSON.stringify(values)
    }),
  )
})
