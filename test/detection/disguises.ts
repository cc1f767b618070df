import { brotliCompressSync, crc32, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { bgzf } from './sequence-binary.ts'

/** Ways to write octets as text. */
const octetDisguises = {
  base64: bytes => Buffer.from(bytes).toString('base64'),
  base64url: bytes => Buffer.from(bytes).toString('base64url'),
  'base64-lines': bytes => Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\r\n'),
  hex: bytes => Buffer.from(bytes).toString('hex'),
  'hex-colons': bytes =>
    Buffer.from(bytes)
      .toString('hex')
      .replace(/..(?=.)/g, '$&:'),
  'hex-0x': bytes =>
    Buffer.from(bytes)
      .toString('hex')
      .replace(/..(?=.)/g, '0x$&, '),
  base32: bytes => base32(bytes),
  base58: bytes => base58(bytes),
  ascii85: bytes => ascii85(bytes),
  'data-url': bytes => `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`,
  'decimal-list': bytes => [...bytes].join(','),
  'base64-twice': bytes => Buffer.from(Buffer.from(bytes).toString('base64')).toString('base64'),
  'gzip-base64': bytes => gzipSync(bytes).toString('base64'),
  'zlib-base64url': bytes => deflateSync(bytes).toString('base64url'),
  'deflate-base64': bytes => deflateRawSync(bytes).toString('base64'),
  'zstd-base64': bytes => zstdCompressSync(bytes).toString('base64'),
  'brotli-base64': bytes => brotliCompressSync(bytes).toString('base64'),
  'bgzf-base64': bytes => bgzf(bytes).toString('base64'),
  'gzip-hex': bytes => gzipSync(bytes).toString('hex'),
  'tar-gzip-base64': bytes => gzipSync(tar(bytes)).toString('base64'),
  'zip-base64': bytes => zip(bytes).toString('base64'),
  'png-text-base64': bytes => png(bytes).toString('base64'),
  'gzip-in-gzip-base64': bytes => gzipSync(gzipSync(bytes)).toString('base64'),
} as const satisfies Readonly<Record<string, (bytes: Uint8Array) => string>>

/** Ways to write text as other text. */
const textDisguises = {
  plain: text => text,
  percent: text => [...Buffer.from(text)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'html-entities': text =>
    Array.from(text)
      .map(one => `&#${one.codePointAt(0)};`)
      .join(''),
  'quoted-printable': text =>
    [...Buffer.from(text)].map(byte => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  'json-escapes': text =>
    units(text)
      .map(code => `\\u${code.toString(16).padStart(4, '0')}`)
      .join(''),
  'octal-escapes': text => [...Buffer.from(text)].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
  'json-in-string': text => JSON.stringify({ data: { note: text } }),
  'xml-in-string': text => `<run><note>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</note></run>`,
  'csv-in-string': text => `id,note\n1,"${text.replaceAll('"', '""')}"\n`,
  'full-width': text =>
    Array.from(text)
      .map(one => (/[!-~]/.test(one) ? String.fromCodePoint(one.codePointAt(0)! + 0xfe_e0) : one))
      .join(''),
  homoglyphs: text => text.replaceAll(/[ACTIMNOPES]/g, one => homoglyphs[one] ?? one),
  'zero-width': text => Array.from(text).join('\u200b'),
  'soft-hyphens': text => text.replace(/[A-Za-z0-9]{3}/g, '$&\u00ad'),
  'right-to-left': text => `\u202e${Array.from(text).toReversed().join('')}\u202c`,
  'utf-16-base64': text => Buffer.from(`\ufeff${text}`, 'utf16le').toString('base64'),
  reversed: text => Array.from(text).toReversed().join(''),
  rot13: text =>
    text.replaceAll(/[A-Za-z]/g, one =>
      String.fromCharCode((((one.charCodeAt(0) & 31) + 12) % 26) + 1 + (one.charCodeAt(0) & 96)),
    ),
  'percent-base64-json': text => encodeURIComponent(Buffer.from(JSON.stringify({ v: text })).toString('base64')),
} as const satisfies Readonly<Record<string, (text: string) => string>>

const homoglyphs: Readonly<Record<string, string>> = {
  A: 'А',
  C: 'С',
  T: 'Т',
  I: 'І',
  M: 'М',
  N: 'Ν',
  O: 'О',
  P: 'Р',
  E: 'Е',
  S: 'Ѕ',
}

const units = (text: string): readonly number[] =>
  Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))

/** RFC 4648 section 6. */
const base32 = (bytes: Uint8Array): string => {
  const bits = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('')
  const symbols = (bits.match(/.{1,5}/g) ?? []).map(
    five => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)],
  )
  return symbols.join('').padEnd(Math.ceil(symbols.length / 8) * 8, '=')
}

/** The alphabet of Bitcoin: https://datatracker.ietf.org/doc/html/draft-msporny-base58 */
const base58 = (bytes: Uint8Array): string => {
  let number = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
  let text = ''
  for (; number > 0n; number /= 58n)
    text = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'[Number(number % 58n)]! + text
  return '1'.repeat(bytes.findIndex(byte => byte !== 0)) + text
}

/** As Adobe frames it: `<~` and `~>`. */
const ascii85 = (bytes: Uint8Array): string => {
  let text = ''
  for (let index = 0; index < bytes.length; index += 4) {
    const group = Buffer.alloc(4)
    Buffer.from(bytes.subarray(index, index + 4)).copy(group)
    let value = group.readUInt32BE()
    let five = ''
    for (let digit = 0; digit < 5; digit++, value = Math.floor(value / 85))
      five = String.fromCharCode(33 + (value % 85)) + five
    text +=
      value === 0 && five === '!!!!!' && index + 4 <= bytes.length
        ? 'z'
        : five.slice(0, Math.min(4, bytes.length - index) + 1)
  }
  return `<~${text}~>`
}

/** One file in a ustar archive (POSIX.1-2017, pax). */
const tar = (bytes: Uint8Array): Buffer => {
  const header = Buffer.alloc(512)
  header.write('data.bin')
  header.write('0000644\0', 100)
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('ustar\x0000', 257)
  header.write('        ', 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, bytes, Buffer.alloc(((512 - (bytes.length % 512)) % 512) + 1024)])
}

/** One deflated file in a zip archive (APPNOTE 6.3.10). */
const zip = (bytes: Uint8Array): Buffer => {
  const data = deflateRawSync(bytes)
  const name = Buffer.from('data.bin')
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt16LE(8, 4)
  common.writeUInt32LE(crc32(bytes), 10)
  common.writeUInt32LE(data.length, 14)
  common.writeUInt32LE(bytes.length, 18)
  common.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, data])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, Buffer.alloc(14), name])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}

/** A picture of one pixel with the octets in a zTXt chunk (PNG third edition, section 11.3.3). */
const png = (bytes: Uint8Array): Buffer => {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', Buffer.from('00000001000000010800000000', 'hex')),
    chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(bytes)])),
    chunk('IDAT', deflateSync(Buffer.from([0, 0]))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

export type Disguise = { readonly name: string; readonly wear: (data: string | Uint8Array) => string }

const ofOctets: readonly Disguise[] = Object.entries(octetDisguises).map(([name, wear]) => ({
  name,
  wear: data => wear(Buffer.from(data as Uint8Array)),
}))

/** For text, all of them; for octets, those that can carry octets. */
export const disguisesFor = (kind: 'text' | 'binary'): readonly Disguise[] =>
  kind === 'binary'
    ? ofOctets
    : [
        ...Object.entries(textDisguises).map(([name, wear]) => ({
          name,
          wear: (data: string | Uint8Array) => wear(data as string),
        })),
        ...ofOctets,
      ]
