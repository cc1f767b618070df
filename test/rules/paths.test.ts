import t from 'tap'
import { ContainerSieve } from '../../rules/container.ts'
import type { JsonValue } from '../../rules/canonical.ts'
import { Paths } from '../../rules/paths.ts'
import { defaultLimits } from '../../rules/policy.ts'
import { scan } from '../../rules/scan.ts'
import { Sieve } from '../../rules/sieve.ts'

const noContainers = new ContainerSieve([])

const found = (value: JsonValue) =>
  scan([{ surface: 'body', value, names: null }], defaultLimits).findings.map(({ detector, pointer }) => [
    detector,
    pointer,
  ])

t.test('paths: a text that is clean under one name, still found under another', async t => {
  const number = 536_904_399
  for (const value of [String(number), number]) {
    t.same(found({ lot: value }), [])
    t.same(found({ lot: value }), [], 'again')
    t.same(found({ patient: { ssn: value } }), [['us-ssn', '/patient/ssn']])
    t.same(found({ lot: value }), [], 'and still clean under the first')
  }
})

t.test('paths: a word that is a clean name, still found as a value', async t => {
  t.same(found({ lastName: 'Quillfeather', Quillfeather: 1 }), [['person-name', '/lastName']])
  t.same(found({ Quillfeather: { lastName: 'Quillfeather' } }), [['person-name', '/Quillfeather/lastName']])
})

t.test('paths: a finding, found every time', async t => {
  const leak = { note: 'GATTACAGATTACACCGTTAGCATGCAT' }
  const first = found(leak)
  t.ok(first.length > 0)
  for (let time = 0; time < 3; time++) t.same(found(leak), first)
})

t.test('paths: what holds a leak in an encoding, found every time', async t => {
  const leak = { note: Buffer.from('patient name: Jane Doe, born 1980-03-04').toString('base64') }
  const first = found(leak)
  t.ok(first.length > 0)
  t.same(found(leak), first)
})

const sieve = new Sieve([{ needs: [{ digits: 2, under: keys => keys.includes('ssn') }] }])

t.test('paths: full, everything is forgotten and learnt anew', async t => {
  const paths = new Paths(sieve, noContainers, 40)
  const path = paths.under(paths.root, 'name')
  paths.addClean(path, 'value', 'a')
  paths.addClean(path, 'number', '1')
  t.ok(paths.root.below.get('name')?.isClean('value', 'a'))
  t.notOk(path.isClean('key', 'a'), 'in another role')
  paths.addClean(path, 'key', 'b')
  t.equal(paths.root.below.size, 0)
  paths.addClean(paths.under(paths.root, 'name'), 'value', 'c')
  t.ok(paths.root.below.get('name')?.isClean('value', 'c'))
})

t.test('paths: long texts and names, never kept', async t => {
  const paths = new Paths(sieve, noContainers, 10)
  paths.addClean(paths.root, 'value', 'x'.repeat(129))
  paths.under(paths.root, 'x'.repeat(129))
  t.notOk(paths.root.isClean('value', 'x'.repeat(129)))
  t.equal(paths.root.below.size, 0)
})

t.test('paths: where most texts are new, those that come again are kept, the others dropped', async t => {
  const paths = new Paths(sieve, noContainers, 1_000)
  const path = paths.under(paths.root, 'serial')
  paths.addClean(path, 'value', 'again')
  for (let many = 0; many < 6_000; many++) {
    paths.addClean(path, 'value', String(many))
    if (many % 100 === 0) t.ok(path.isClean('value', 'again'))
  }
  const kept = Array.from({ length: 6_000 }, (_, many) => path.isClean('value', String(many))).filter(Boolean)
  t.ok(kept.length < 1_000, 'but for as many as there is room for')
  t.equal(paths.under(paths.root, 'serial'), path, 'what is dropped takes no room: the path is not forgotten')
})

t.test('paths: names arm detectors for texts, those further out as well, and for no others', async t => {
  t.same(found({ reads: { name: 'ATTACTCG' } }), [['short-sequence', '/reads/name']])
  t.same(found({ index: { name: 'ATTACTCG' } }), [])
  t.same(found({ password: ['hunter22'], passwordHint: 'hunter22' })[0], ['api-key', '/password/0'])
  t.same(found({ password: { hint: 'hunter22' } }), [], 'only the last name says that it is one')
})

t.test('paths: names arouse detectors for numbers', async t => {
  const paths = new Paths(sieve, noContainers, 10)
  t.equal(paths.under(paths.root, 'lot').aroused, null)
  t.not(paths.under(paths.under(paths.root, 'patient'), 'ssn').aroused, null)
})
