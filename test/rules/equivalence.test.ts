import t from 'tap'
import type { JsonValue } from '../../rules/canonical.ts'
import { isPlainlyWritten } from '../../rules/equivalence.ts'

const orders = [
  ['runId', 'cycle', 'density', 'lanes', 'note'],
  ['lane', 'ok'],
]
const isPlain = (text: string): boolean => isPlainlyWritten(text, JSON.parse(text) as JsonValue, orders)

const value = '{"runId":"A1","cycle":7,"density":0.5,"lanes":[{"lane":1,"ok":true},{"lane":2}],"note":null}'

const plain: Readonly<Record<string, string>> = {
  'compact, as JSON.stringify, Jackson, Newtonsoft and Go write': value,
  'Python json.dumps':
    '{"runId": "A1", "cycle": 7, "density": 0.5, "lanes": [{"lane": 1, "ok": true}, {"lane": 2}], "note": null}',
  'Python json.dumps with indent=2':
    '{\n  "runId": "A1",\n  "lanes": [\n    {\n      "lane": 1,\n      "ok": true\n    },\n    {\n      "lane": 2\n    }\n  ]\n}',
  'Python json.dumps with sort_keys': '{"cycle": 7, "lanes": [{"lane": 1, "ok": true}], "runId": "A1"}',
  'sorted by RFC 8785': '{"cycle":7,"density":0.5,"lanes":[{"lane":1}],"runId":"A1"}',
  'four spaces': '{\n    "runId": "A1",\n    "cycle": 7\n}',
  tabs: '{\n\t"runId": "A1",\n\t"cycle": 7\n}',
  'CRLF, as on Windows': '{\r\n  "runId": "A1",\r\n  "cycle": 7\r\n}',
  'a line break at the end': `${value}\n`,
  'a CRLF at the end': `${value}\r\n`,
  'empty containers': '{"runId":"","lanes":[]}',
  'empty containers in Python with indent': '{\n  "runId": {},\n  "lanes": []\n}',
  'a number alone': '7',
  'a large number as ECMAScript writes it': '{"cycle":1e+21,"density":1e-7}',
  'escapes that JSON.stringify writes': '{"runId":"\\"\\\\\\n\\t\\u0001é"}',
  'an order that is sorted by UTF-16': '{"":1,"B":2,"a":3}',
}

t.test('equivalence: what ordinary serializers write, plain', async t => {
  for (const [name, text] of Object.entries(plain)) t.ok(isPlain(text), name)
})

const free: Readonly<Record<string, string>> = {
  'a space in front': ` ${value}`,
  'a space at the end': `${value} `,
  'two line breaks at the end': `${value}\n\n`,
  'a byte of white space in between': '{"runId": "A1","cycle":7}',
  'two spaces': '{"runId":  "A1", "cycle": 7}',
  'a space in front of a comma': '{"runId": "A1" ,"cycle": 7}',
  'a space inside braces': '{ "runId": "A1" }',
  'two styles of line break': '{\r\n  "runId": "A1",\n  "cycle": 7\n}',
  'indents of three': '{\n   "runId": "A1"\n}',
  'a space behind a line': '{ \n  "runId": "A1"\n}',
  'keys in no order': '{"cycle":7,"runId":"A1","density":0.5}',
  'keys swapped deep inside': '{"lanes":[{"lane":1,"ok":true},{"lane":2,"ok":true},{"ok":true,"lane":3}]}',
  'keys that no one list of the schema names': '{"runId":"A1","lane":1}',
  'sorted here, in the order of the schema there': '{"runId":"A1","cycle":7,"lanes":[{"cycle":1,"runId":"A1"}]}',
  'an escaped solidus': '{"runId":"\\/"}',
  'an escape that is not needed': '{"runId":"\\u0041"}',
  'an escape beyond ASCII, as Python writes': '{"runId":"\\u00e9"}',
  'an escape in capitals': '{"runId":"\\u001F"}',
  'another escape for a line feed': '{"runId":"\\u000a"}',
  'an escaped name': '{"\\u0072unId":"A1"}',
  'a fraction of zero': '{"cycle":1.0}',
  'an exponent': '{"cycle":1e2}',
  'a capital exponent': '{"cycle":1E+21}',
  'a zero behind the point': '{"density":0.50}',
  'negative zero': '{"cycle":-0}',
  'a name like an array index behind another': '{"runId":1,"7":2}',
}

t.test('P2: equivalence: what leaves a choice to the sender, not plain', async t => {
  for (const [name, text] of Object.entries(free)) t.notOk(isPlain(text), name)
})

t.test('P2: equivalence: where two lists have the same names, the first decides', async t => {
  const both = [['a', 'c', 'b'], ['c', 'b', 'a']] // prettier-ignore
  const isPlain = (text: string) => isPlainlyWritten(text, JSON.parse(text) as JsonValue, both)
  t.ok(isPlain('[{"a":1,"c":2,"b":3},{"a":1,"c":2,"b":3}]'))
  t.notOk(isPlain('[{"a":1,"c":2,"b":3},{"c":1,"b":2,"a":3}]'), 'else each object could say one bit')
})
