import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { JsonValue } from '../../rules/canonical.ts'
import { defaultPanels } from '../../rules/panel.ts'
import { scan, type Scanned } from '../../rules/scan.ts'

const limits = { maxUnfolded: 1_000_000, maxNesting: 6 }
const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'
const email = 'jane.doe@example.org'
const vcf =
  '##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr7\t140453136\t.\tA\tT\t50\tPASS\t.\n'
const base64 = (data: string | Uint8Array): string => Buffer.from(data).toString('base64')

const look = (value: Scanned['value'], more: Partial<Scanned> = {}) =>
  scan([{ surface: 'body', value, names: null, ...more }], limits)

/** `detector place` of each finding. */
const foundIn = (value: Scanned['value'], more: Partial<Scanned> = {}): readonly string[] =>
  look(value, more).findings.map(({ detector, pointer }) => `${detector} ${pointer}`)

t.test('scan: values, keys and numbers, each at its place', async t => {
  t.same(foundIn({ message: read }), ['nucleotide-run /message'])
  t.same(foundIn({ lanes: [{}, { notes: ['ok', email] }] }), ['email /lanes/1/notes/1'])
  t.same(foundIn(email), ['email '])
  t.same(foundIn([[[email]]]), ['email /0/0/0'])
  t.same(foundIn({ 'a/b~c': 'x', 'd/e': { f: email } }), ['email /#1/f'], 'a name that looks unlike a name')
  t.same(foundIn({ a_b: { [email]: 'x' } }), ['email /a_b/#0'])
  t.same(foundIn({ ssn: 536_904_399 }), ['us-ssn /ssn'])
  t.same(foundIn({ serial: 536_904_399 }), [], 'bare digits say nothing')
  t.same(foundIn({ patient: { age: 93 } }), ['age-over-89 /patient/age'])
  t.same(foundIn(null), [])
  t.same(foundIn({ ok: true, none: null, empty: '', list: [], object: {} }), [])
})

t.test('P7: scan: a name is repeated only where the schema names it', async t => {
  const names = new Set(['runs', 'note'])
  t.same(foundIn({ runs: [{ note: email }] }, { names }), ['email /runs/0/note'])
  t.same(foundIn({ runs: [{ other: 1, remark: email }] }, { names }), ['email /runs/0/#1'])
  t.same(foundIn({ Doe_Jane: { note: email } }, { names }), ['email /#0/note'])
  t.same(foundIn(JSON.parse('{"__proto__":{"constructor":"jane.doe@example.org"}}') as JsonValue, { names }), [
    'email /#0/#0',
  ])
})

t.test('P7: scan: a name in which something is found is never repeated, nor for what stands below it', async t => {
  const value = { fine: { [read]: { inner: [email] } } }
  t.same(foundIn(value), ['nucleotide-run /fine/#0', 'email /fine/#0/inner/0'])
  t.notMatch(JSON.stringify(look(value)), read)
  const lookalike = { GATTACAGATTACAGGATCC: email }
  t.same(foundIn(lookalike), ['nucleotide-run /#0', 'email /#0'], 'though it looks like a name of a field')
})

t.test('scan: a name that the schema spells says nothing of its own, and is not looked through', async t => {
  t.same(foundIn({ [email]: 'x' }, { names: new Set([email]) }), [])
  t.same(foundIn({ [email]: 'x' }, { names: new Set(['other']) }), ['email /#0'])
})

const chainsIn = (value: Scanned['value']): readonly string[] =>
  look(value).findings.map(({ detector, pointer, chain }) => [pointer, ...chain, detector].join(' > '))

t.test('scan: what is coded is undone, and the chain says how', async t => {
  const cases: Readonly<Record<string, readonly [Scanned['value'], RegExp]>> = {
    'base64 > gzip > VCF': [{ blob: base64(gzipSync(vcf)) }, /^\/blob > base64 > gzip .*> vcf$/],
    'base64': [{ blob: base64(`contact ${email}`) }, /^\/blob > base64.*> email$/],
    'base64 twice': [{ blob: base64(base64(`contact ${email}`)) }, /^\/blob > base64.* > base64.* > email$/],
    'hexadecimal': [{ blob: Buffer.from(email).toString('hex') }, /^\/blob > hex.*> email$/],
    'percent': [{ blob: encodeURIComponent(`<${email}>`) }, /email$/],
    'JSON in a string, with the names inside': [{ blob: '{"patient":{"ssn":536904399}}' }, /^\/blob\/patient\/ssn > json > us-ssn$/],
    'JSON in JSON in a string': [{ blob: JSON.stringify({ a: JSON.stringify({ b: email }) }) }, /^\/blob\/a\/b > json > json > email$/],
    'coded in a key': [{ [base64(`contact ${email}`)]: 1 }, /^\/#0 > base64.*> email$/],
    'full-width letters': [{ blob: 'ＧＡＴＴＡＣＡＧＡＴＴＡＣＡＧＧＡＴＣＣＡＴＴＧ' }, /^\/blob > nucleotide-run$/],
    'base64 with zero-width characters in it': [
      { blob: Array.from(base64(`contact ${email}`)).join('\u200b') },
      /^\/blob > base64.*> email$/,
    ],
    'base64 in full-width letters': [
      { blob: base64(`contact ${email} now`).replace(/[A-Za-z0-9]/g, letter => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)) },
      /^\/blob > base64.*> email$/,
    ],
    'octets of a file': [Buffer.from('QkFNARAAAABASEQJVk46MS42Cg==', 'base64'), /^ > genomic-magic$/],
    'octets of a compressed file': [gzipSync(vcf), /^ > gzip .*> vcf$/],
  } // prettier-ignore
  for (const [name, [value, expected]] of Object.entries(cases))
    t.ok(
      chainsIn(value).some(chain => expected.test(chain)),
      `${name}: ${chainsIn(value).join(', ')}`,
    )
})

const numbers = (data: string | Uint8Array): number[] => [...Buffer.from(data)]

t.test('scan: an array of numbers that spells octets or characters, read as what it spells', async t => {
  const bam = Buffer.from('QkFNARAAAABASEQJVk46MS42Cg==', 'base64')
  const chain = (value: Scanned['value']): string => chainsIn(value).join(', ')
  t.match(chain({ data: numbers(bam) }), /^\/data > octets > genomic-magic/)
  t.match(chain({ data: [...bam].map(octet => (octet > 127 ? octet - 256 : octet)) }), /genomic-magic/, 'signed octets')
  t.match(chain({ type: 'Buffer', data: numbers(read) }), /^\/data > octets > nucleotide-run/)
  t.match(chain({ data: numbers(`contact ${email}`) }), /^\/data > octets > email/)
  t.match(chain({ data: numbers(base64(`contact ${email}`)) }), /^\/data > octets > base64 > email/)
  t.match(chain({ data: numbers(gzipSync(vcf)) }), /octets > gzip .*vcf/)
  const codes = Array.from('GATTACAGCCTGAACGTTGCATCGGATCCATTGACCATGACCTGATTCGGCAATGCCGTA', base => 'ACGT'.indexOf(base))
  t.match(chain({ data: codes }), /^\/data > octets > nucleotide-run/)
  t.match(chain({ data: codes.map(code => code + 1) }), /nucleotide-run/, 'counted from 1')
})

t.test('scan: arrays of measurements, nothing found in what they happen to spell', async t => {
  const smooth = Array.from({ length: 150 }, (_, cycle) => 36 + (cycle % 3) - Math.floor(cycle / 60))
  const lanes = Array.from({ length: 400 }, (_, tile) => 1 + Math.floor(tile / 100))
  const columns: Readonly<Record<string, readonly number[]>> = {
    qMeans: smooth,
    lane: lanes,
    surface: lanes.map((_, tile) => 1 + (tile % 2)),
    swath: lanes.map((_, tile) => 1 + (Math.floor(tile / 2) % 4)),
    read: Array.from({ length: 318 }, (_, cycle) => [1, 2, 3, 4][Math.floor(cycle / 80)]!),
    percentPf: Array.from({ length: 112 }, (_, tile) => 70 + ((tile * 7) % 13)),
    histogram: [0, 0, 3, 17, 80, 211, 254, 201, 99, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  }
  for (const [name, items] of Object.entries(columns)) t.same(foundIn({ [name]: [...items] }), [], name)
})

t.test('scan: an array of numbers that spells more than the budget, over budget', async t => {
  t.equal(look({ data: Array.from({ length: 1_000_001 }, (_, at) => at % 200) }).overBudget, true)
})

t.test('scan: more layers or more data than the limits allow, over budget', async t => {
  const wrapped = (layers: number) => {
    let text: string = read
    for (let layer = 0; layer < layers; layer++) text = base64(`layer ${layer} ${text}`)
    return scan([{ surface: 'body', value: [text], names: null }], { ...limits, maxNesting: 6 })
  }
  t.equal(wrapped(4).overBudget, false)
  t.ok(wrapped(4).findings.length > 0)
  t.equal(wrapped(8).overBudget, true)
  const bomb = base64(gzipSync(Buffer.alloc(2_000_000)))
  t.equal(look([bomb]).overBudget, true)
  t.equal(look(['{"a":'.repeat(70) + '1' + '}'.repeat(70)]).overBudget, true, 'JSON in a string, nested too deeply')
  const small = { maxUnfolded: 2_000, maxNesting: 6 }
  const parts = ['a', 'b'].map(
    letter => ({ surface: 'body', value: base64(`${letter} word `.repeat(100)), names: null }) as const,
  )
  t.equal(scan(parts.slice(0, 1), small).overBudget, false)
  t.equal(scan(parts, small).overBudget, true, 'all parts share one budget')
})

t.test('scan: what was found before and after a part that is over budget is kept', async t => {
  const bomb = base64(gzipSync(Buffer.alloc(2_000_000)))
  const part = (value: JsonValue): Scanned => ({ surface: 'body', value, names: null })
  const found = scan([part([email, bomb]), part([read])], limits)
  t.equal(found.overBudget, true)
  t.same(
    found.findings.map(({ detector }) => detector),
    ['email', 'nucleotide-run'],
  )
})

t.test('scan: findings, at most a hundred, the first match of each detector in a text', async t => {
  t.equal(look(Array.from({ length: 300 }, () => email)).findings.length, 100)
  t.equal(look([`${email} ${email} ${email}`]).findings.length, 1)
})

t.test('scan: a finding says how long, never what', async t => {
  const [finding] = look({ message: `see ${email} please` }).findings
  t.same(finding, {
    surface: 'body',
    pointer: '/message',
    detector: 'email',
    category: 'identity',
    chain: [],
    length: email.length,
  })
})

t.test('scan: surfaces and panels, each part its own', async t => {
  const parts: readonly Scanned[] = [
    { surface: 'path', value: { run: read }, names: new Set(['run']) },
    { surface: 'query', value: { note: email }, names: new Set(['note']) },
    {
      surface: 'header',
      value: { authorization: `Bearer ${email}` },
      names: new Set(),
      panel: defaultPanels.credentials,
    },
    {
      surface: 'header',
      value: { authorization: `Bearer ${read}` },
      names: new Set(['authorization']),
      panel: defaultPanels.credentials,
    },
  ]
  t.same(
    scan(parts, limits).findings.map(({ surface, pointer, detector }) => `${surface} ${pointer} ${detector}`),
    ['path /run nucleotide-run', 'query /note email', 'header /authorization nucleotide-run'],
  )
})

t.test('scan: fragments, counted every time, however often they come', async t => {
  const spelled = (value: JsonValue): number => look(value).nucleotides
  const inBase64 = base64('GATTAC')
  for (let time = 0; time < 3; time++) {
    t.equal(spelled({ tag: 'GATTAC', note: 'no sequence here' }), 6)
    t.equal(spelled({ GATTAC: 1 }), 6, 'a name')
    t.equal(spelled({ coded: inBase64 }), 6)
    t.equal(spelled({ text: JSON.stringify({ tag: 'GATTAC' }) }), 6)
    t.equal(spelled({ serial: 'A00187', other: '230912_A00187_1009_AHK33MDRX3' }), 0)
  }
  t.equal(spelled({ place: '["TTGCAT"]' }), 6)
  t.equal(spelled({ place: 'TTGCAT' }), 6, 'also where it was looked through in an encoding before')
})

t.test('scan: what is too much to count, over budget every time', async t => {
  const small = { maxUnfolded: 1_000_000, maxNesting: 0 }
  for (let time = 0; time < 2; time++)
    t.equal(scan([{ surface: 'body', value: { note: '{"a":"b c"}' }, names: null }], small).overBudget, true)
})
