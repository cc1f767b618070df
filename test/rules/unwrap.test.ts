import t from 'tap'
import { Buffer } from 'node:buffer'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { normalize } from '../../rules/normalize.ts'
import type { Budget, Unwrapped } from '../../rules/unwrap.ts'
import { scan } from '../../rules/scan.ts'
import { OverBudget, unwrap, unwrapBytes } from '../../rules/unwrap.ts'
import { disguisesFor } from '../detection/disguises.ts'
import { telemetryPayloads, telemetryValues } from './detectors/sequence-telemetry.ts'

const MEGABYTE = 2 ** 20
const ample = (): Budget => ({ remaining: 16 * MEGABYTE })

const layersOf = (text: string, budget = ample()): Unwrapped[] => [...unwrap(text, [], budget)]

/** Every text that comes out within six layers. */
const textsIn = (text: string, depth = 6): string[] => layersOf(text).flatMap(layer => textsOf(layer, depth))

const textsOf = (layer: Unwrapped, depth: number): string[] => {
  if (depth === 0) return []
  if (layer.kind === 'json') return [JSON.stringify(layer.value)]
  if (layer.kind === 'text') return [layer.text, ...textsIn(layer.text, depth - 1)]
  return [...unwrapBytes(layer.bytes, ample())].flatMap(inner => textsOf(inner, depth - 1))
}

const reveals = (text: string, secret: string): boolean => textsIn(text).some(inner => inner.includes(secret))

const SECRET = 'patient Jane Roe, read GATTACAGATTACAGATTACA'
const LONG = Array.from({ length: 40 }, (_, line) => `${line}: ${SECRET}`).join('\n')
const bytes = Buffer.from(SECRET)
const base64 = bytes.toString('base64')
const hex = bytes.toString('hex')
const spaced = (separator: string): string => hex.match(/../g)!.join(separator)
const mime = (width: number, ending: string): string =>
  Buffer.from(LONG)
    .toString('base64')
    .replace(new RegExp(`.{${width}}`, 'g'), `$&${ending}`)

const SPELLINGS: readonly (readonly [string, string])[] = [
  ['base64', base64],
  ['base64 without padding', base64.replace(/=+$/, '')],
  ['base64url', bytes.toString('base64url')],
  ['base64 in a longer text', `upload of ${base64} done`],
  ['base64 as the value of a pair', `data=${base64}&x=1`],
  ['base64 glued to a path', `/v1/upload/${base64}`],
  ['base64 glued to a letter', `x${base64}`],
  ['base64 in MIME lines', mime(76, '\r\n')],
  ['base64 in short lines', mime(20, '\n')],
  ['base64 in a data: URL', `data:text/plain;base64,${base64}`],
  ['base64 of base64', Buffer.from(base64).toString('base64')],
  ['base64 of UTF-16LE', Buffer.from(SECRET, 'utf16le').toString('base64')],
  ['base64 of UTF-16BE', Buffer.from(SECRET, 'utf16le').swap16().toString('base64')],
  [
    'base64 of octets around text',
    Buffer.concat([Buffer.alloc(9, 0xfe), bytes, Buffer.alloc(9, 1)]).toString('base64'),
  ],
  ['hexadecimal', hex],
  ['hexadecimal in capitals, with 0x', `0x${hex.toUpperCase()}`],
  ['hexadecimal with colons', spaced(':')],
  ['hexadecimal with spaces', spaced(' ')],
  [
    'hexadecimal as a C array',
    `{${hex
      .match(/../g)!
      .map(octet => `0x${octet}`)
      .join(', ')}}`,
  ],
  ['hexadecimal as UUIDs', hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/g, '$1-$2-$3-$4-$5')],
  ['percent-encoding', [...bytes].map(octet => `%${octet.toString(16)}`).join('')],
  ['percent-encoding of base64', encodeURIComponent(base64)],
  ['JSON in a string', JSON.stringify({ note: SECRET })],
  ['JSON in a longer text', `payload ${JSON.stringify([{ note: SECRET }])} end`],
  ['a JSON string', JSON.stringify(SECRET)],
  ['NDJSON', `{"a":1}\n${JSON.stringify({ note: SECRET })}\n`],
  ['\\u escapes', Array.from(SECRET, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
  ['\\x escapes', [...bytes].map(octet => `\\x${octet.toString(16)}`).join('')],
  ['octal escapes', [...bytes].map(octet => `\\${octet.toString(8).padStart(3, '0')}`).join('')],
  ['character references', Array.from(SECRET, c => `&#${c.charCodeAt(0)};`).join('')],
  ['quoted-printable', [...bytes].map(octet => `=${octet.toString(16).toUpperCase()}`).join('')],
  ['gzip in base64', gzipSync(SECRET).toString('base64')],
  ['gzip in base64 glued to a name', `blob${gzipSync(SECRET).toString('base64')}`],
  ['gzip of two members in base64', Buffer.concat([gzipSync('first part'), gzipSync(SECRET)]).toString('base64')],
  ['gzip with a wrong checksum', Buffer.concat([gzipSync(SECRET).subarray(0, -8), Buffer.alloc(8)]).toString('base64')],
  ['gzip cut off', gzipSync(LONG).subarray(0, -20).toString('base64')],
  ['zlib in hexadecimal', deflateSync(SECRET).toString('hex')],
  ['zlib cut off', deflateSync(LONG).subarray(0, -9).toString('base64')],
  ['zstd in base64', zstdCompressSync(SECRET).toString('base64')],
  ['zstd of two frames', Buffer.concat([zstdCompressSync('first part'), zstdCompressSync(SECRET)]).toString('base64')],
  ['raw deflate in base64', deflateRawSync(LONG).toString('base64')],
  ['brotli in base64', brotliCompressSync(LONG).toString('base64')],
  ['gzip in base64 in JSON', JSON.stringify({ b: gzipSync(SECRET).toString('base64') })],
]

t.test('unwrap: text is found in whatever spelling', async t => {
  for (const [name, text] of SPELLINGS) {
    if (name.endsWith('in JSON')) continue
    t.ok(reveals(text, SECRET), name)
  }
})

const FURTHER = ['base32', 'base58', 'ascii85', 'zip-base64', 'tar-gzip-base64', 'png-text-base64', 'reversed', 'rot13']

t.test('unwrap: text is found in archives, pictures and older codings', async t => {
  for (const { name, wear } of disguisesFor('text'))
    if (FURTHER.includes(name)) t.ok(reveals(wear(SECRET), SECRET), name)
})

t.test('unwrap: base32, in small letters, without padding, in groups and in a longer text', async t => {
  const { wear } = disguisesFor('text').find(({ name }) => name === 'base32')!
  const bare = wear(SECRET).replace(/=+$/, '')
  for (const text of [
    bare.toLowerCase(),
    `upload of ${bare}.`,
    bare.replace(/.{8}/g, '$& '),
    bare.replace(/.{64}/g, '$&\n'),
  ])
    t.ok(reveals(text, SECRET), text)
})

t.test('unwrap: what is turned twice is not turned for ever', async t => {
  const [layer] = layersOf('11S02BXF9 chr12 21rhc').filter(({ coding }) => coding === 'reversed')
  t.same(layer, { coding: 'reversed', kind: 'text', text: 'chr12 21rhc 9FXB20S11' })
  const chains = scan([{ surface: 'body', value: '11S02BXF9 chr12 21rhc rs4477212 AA', names: null }], {
    maxUnfolded: MEGABYTE,
    maxNesting: 6,
  }).findings.map(({ chain }) => chain)
  t.ok(chains.length > 0)
  for (const chain of chains) t.equal(new Set(chain).size, chain.length, chain.join(' > '))
})

t.test('P8: unwrap: base58 that is too long to be undone, over budget', async t => {
  t.throws(() => layersOf('2aB'.repeat(40_000)), OverBudget)
})

t.test('unwrap: JSON in a string keeps its names', async t => {
  const [layer] = layersOf('{"patient":{"dob":"1970-01-01"}}')
  t.same(layer, { coding: 'json', kind: 'json', value: { patient: { dob: '1970-01-01' } } })
})

t.test('unwrap: a damaged stream gives what stands before the damage', async t => {
  const noise = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * index * 31) % 251))
  const broken = gzipSync(Buffer.concat([Buffer.from(LONG), noise]))
  broken.fill(0xff, broken.length - 400)
  t.ok(reveals(broken.toString('base64'), SECRET))
})

t.test('unwrap: octets that are neither text nor compressed are given as they are', async t => {
  const blob = Buffer.from('42414d01ffee00118899aabbccddeeff0102030405', 'hex')
  t.same(layersOf(blob.toString('base64')), [{ coding: 'base64', kind: 'bytes', bytes: blob }])
})

t.test('P8: unwrap: more than the budget is an error, not a shorter answer', async t => {
  const bomb = gzipSync(Buffer.alloc(4 * MEGABYTE))
  t.throws(() => [...unwrapBytes(bomb, { remaining: MEGABYTE })], OverBudget)
  t.throws(() => [...unwrapBytes(zstdCompressSync(Buffer.alloc(4 * MEGABYTE)), { remaining: MEGABYTE })], OverBudget)
  t.throws(() => [...unwrapBytes(brotliCompressSync(LONG.repeat(1000)), { remaining: MEGABYTE })], OverBudget)
  for (const [name, text] of SPELLINGS) t.throws(() => drain(text, { remaining: 8 }), OverBudget, name)
})

const drain = (text: string, budget: Budget): void => {
  for (const layer of layersOf(text, budget)) if (layer.kind === 'bytes') Array.from(unwrapBytes(layer.bytes, budget))
}

t.test('P8: unwrap: the budget is used up by what is given', async t => {
  const budget = ample()
  layersOf(base64, budget)
  t.equal(ample().remaining - budget.remaining, Math.ceil((base64.length * 3) / 4))
})

t.test('P8: unwrap: JSON that nests too deeply is refused', async t => {
  t.throws(() => layersOf(`["x",${'['.repeat(100)}${']'.repeat(100)}]`), OverBudget)
})

t.test('unwrap: ordinary telemetry values give no text', async t => {
  for (const { text } of telemetryValues) {
    const layers = layersOf(text)
    t.same(
      layers.filter(({ kind, coding }) => kind !== 'bytes' && coding !== 'backslash' && coding !== 'rot13'),
      [],
      text,
    )
  }
})

t.test('unwrap: a payload as text gives its JSON and little else', async t => {
  for (const text of telemetryPayloads)
    t.same(
      layersOf(text).filter(({ kind, coding }) => kind === 'text' && coding !== 'rot13'),
      [],
      text.slice(0, 60),
    )
})

t.test('normalize: disguised letters become the Latin ones', async t => {
  const cases: readonly (readonly [string, string])[] = [
    ['ＧＡＴＴＡＣＡ', 'GATTACA'],
    ['G\u200bA\u2060T\u00adT\ufeffA\u202eC\u2066A', 'GATTACA'],
    ['GАТТАСА', 'GATTACA'],
    ['GΑΤΤΑϹΑ', 'GATTACA'],
    ['𝔾𝔸𝕋𝕋𝔸ℂ𝔸', 'GATTACA'],
    ['ɢᴀᴛᴛᴀᴄᴀ', 'GATTACA'],
    ['ⒼⒶⓉⓉⒶⒸⒶ', 'GATTACA'],
    ['🇬🇦🇹🇹🇦🇨🇦', 'GATTACA'],
    ['🅶🅰🆃🆃🅰🅲🅰', 'GATTACA'],
    ['G\u0301ÀT\u0323TÃÇÅ', 'GATTACA'],
    ['\u{e0047}\u{e0041}\u{e0054}\u{e0054}\u{e0041}\u{e0043}\u{e0041}', 'GATTACA'],
    ['plain ASCII', 'plain ASCII'],
    ['µm °C', 'μm °C'],
  ]
  for (const [disguised, letters] of cases) t.equal(normalize(disguised), letters)
})
