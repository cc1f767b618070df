import t from 'tap'
import { CleanTexts } from '../../rules/clean-texts.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import { defaultLimits } from '../../rules/policy.ts'
import { scan } from '../../rules/scan.ts'

const found = (value: JsonValue) =>
  scan([{ surface: 'body', value, names: null }], defaultLimits).findings.map(({ detector, pointer }) => [
    detector,
    pointer,
  ])

t.test('clean texts: a text that is clean under one name, still found under another', async t => {
  const number = 536_904_399
  for (const value of [String(number), number]) {
    t.same(found({ lot: value }), [])
    t.same(found({ lot: value }), [], 'again')
    t.same(found({ patient: { ssn: value } }), [['us-ssn', '/patient/ssn']])
    t.same(found({ lot: value }), [], 'and still clean under the first')
  }
})

t.test('clean texts: a word that is a clean name, still found as a value', async t => {
  t.same(found({ lastName: 'Quillfeather', Quillfeather: 1 }), [['person-name', '/lastName']])
  t.same(found({ Quillfeather: { lastName: 'Quillfeather' } }), [['person-name', '/Quillfeather/lastName']])
})

t.test('clean texts: a finding, found every time', async t => {
  const leak = { note: 'GATTACAGATTACACCGTTAGCATGCAT' }
  const first = found(leak)
  t.ok(first.length > 0)
  for (let time = 0; time < 3; time++) t.same(found(leak), first)
})

t.test('clean texts: what holds a leak in an encoding, found every time', async t => {
  const leak = { note: Buffer.from('patient name: Jane Doe, born 1980-03-04').toString('base64') }
  const first = found(leak)
  t.ok(first.length > 0)
  t.same(found(leak), first)
})

t.test('clean texts: full, everything is forgotten and learnt anew', async t => {
  const texts = new CleanTexts(3)
  const shelf = texts.under(texts.root, 'name')
  texts.addText(shelf, 'value', 'a')
  texts.addNumber(shelf, 1)
  t.ok(texts.root.below.get('name')?.clean.value.has('a'))
  texts.addText(shelf, 'value', 'b')
  t.equal(texts.root.below.size, 0)
  texts.addText(texts.under(texts.root, 'name'), 'value', 'c')
  t.ok(texts.root.below.get('name')?.clean.value.has('c'))
})

t.test('clean texts: long ones, never kept', async t => {
  const texts = new CleanTexts(10)
  texts.addText(texts.root, 'value', 'x'.repeat(65))
  texts.under(texts.root, 'x'.repeat(65))
  t.same([texts.root.clean.value.size, texts.root.below.size], [0, 0])
})
