import { randomBytes, randomUUID } from 'node:crypto'
import t from 'tap'
import { countFragments, countInCredential, countPlain, fragments } from '../../../rules/drip/fragments.ts'
import { Sieve } from '../../../rules/sieve.ts'
import { seeded } from '../../kit/random.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const hex = (text: string): string => Buffer.from(text).toString('hex')

t.test('fragments: whole words of four or more with G, T or U are counted, by their letters', async t => {
  const cases: Readonly<Record<string, number>> = {
    GATT: 4,
    'read GATTACAG of tile 3': 8,
    acgu: 4,
    'GATT,ACCA;TTGA.CAGT': 12,
    'lane_GATTACA-2': 7,
    GAT: 0,
    ACCACCAC: 0,
    GATTN: 0,
    GATTÉ: 0,
    'Gattaca’s gate': 7,
    'NovaSeq Control Software 1.8.1': 0,
    '': 0,
  }
  for (const [text, count] of Object.entries(cases)) t.equal(countFragments(text), count, text)
})

t.test('fragments: a run of eight in a longer word counts twelve, or as it is long', async t => {
  t.equal(countFragments('xGATTACAGx'), 12)
  t.equal(countFragments('s1GATTACAG2TTGACCATz'), 24)
  t.equal(countFragments('xGTGTGTGTGTGTGTGTx'), 16)
  t.equal(countFragments('xGATTACAx'), 0)
  t.equal(countFragments('AAAAAAAAAAAAAAAAB'), 0, 'zeros in base64')
})

t.test('fragments: base64 and hexadecimal of such words, up to 64 characters, also twice', async t => {
  for (const fragment of ['GATT', 'GATTACAGA', 'gattacag'])
    for (const coded of [
      base64(fragment),
      base64(fragment).replaceAll('=', ''),
      hex(fragment),
      base64(base64(fragment)),
    ])
      t.equal(countFragments(`id=${coded}`), fragment.length, coded)
  t.equal(countFragments(base64('{"x":"GATT"}')), 4)
  t.equal(countFragments(hex('GaTt')), 0, 'a number of eight digits, such as a lot, reads so too often')
  t.equal(countFragments(hex('GaTtAc')), 6)
  for (const text of ['20261123', '41434754a', 'deadbeef', base64('lane 1')]) t.equal(countFragments(text), 0, text)
})

t.test('fragments: of a credential only long words', async t => {
  t.equal(countInCredential('Bearer GATTACAG'), 8)
  t.equal(countInCredential('Bearer GATT.xGATTACAGx.R0FUVEFDQUdB'), 0)
})

t.test('fragments: random identifiers hold next to none', async t => {
  const makers: Readonly<Record<string, () => string>> = {
    uuid: randomUUID,
    upper: () => randomUUID().toUpperCase(),
    sha1: () => randomBytes(20).toString('hex'),
    sha256: () => randomBytes(32).toString('hex'),
    base64: () => randomBytes(32).toString('base64'),
    base64url: () => randomBytes(16).toString('base64url'),
    lot: () => String(randomBytes(4).readUInt32BE()),
  }
  for (const [name, make] of Object.entries(makers)) {
    let count = 0
    for (let number = 0; number < 10_000; number++) count += countFragments(make())
    // 5 are expected of base64, and this many come about once in a million years of nightly runs.
    t.ok(count < 96, `${name}: ${count} in 10,000`)
  }
})

t.test('fragments: 8 MB of hostile text are counted, which nothing but linear time comes to the end of', async t => {
  const units = ['A', 'G', 'GATTACAG', 'xGATTACAG', 'R0FU', '41', 'G ', '=']
  for (const unit of units) t.ok(countFragments(unit.repeat((8 << 20) / unit.length)) >= 0, unit)
})

t.test('fragments: every text that spells some, or may be coded, meets the needs', async t => {
  const sieve = new Sieve([fragments])
  const armed = sieve.armedBy([])
  const random = seeded(11)
  const pieces = [
    'GATT',
    'acg',
    'TTGCAT',
    'R2FUVA==',
    '47415454',
    '_',
    '-',
    ' ',
    '/',
    '%',
    '"',
    'é',
    'x9',
    'NNTT',
    '{',
    '.',
    ',',
  ]
  for (let many = 0; many < 20_000; many++) {
    const text = Array.from({ length: 1 + random.below(12) }, () => random.pick(pieces)).join('')
    if (sieve.sift(text, armed) === null && countPlain(text) !== 0) t.fail(`not sifted: ${text}`)
  }
  t.equal(sieve.sift('PASS 12 A00-B1', armed), null)
})
