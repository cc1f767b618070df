import { createPrivateKey } from 'node:crypto'
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import type { NoteKey } from '../../log/proofs/checkpoint.ts'
import { openBundle, writeBundle, type PolicyBundle } from '../../proxy/policy/policy-bundle.ts'
import { compileTemplates, decodeLog, encodeLog } from '../../rules/body/log-lines.ts'
import { readMultipart, writeMultipart } from '../../rules/body/multipart.ts'
import { canonicalize } from '../../rules/canonical.ts'
import { decodeContent, decodeText } from '../../rules/decode.ts'
import { checkFraming, parseAuthority, spellAuthority } from '../../rules/framing.ts'
import { readJson } from '../../rules/json.ts'
import { parseMediaType } from '../../rules/media-type.ts'
import type { Field } from '../../rules/message.ts'
import { decodePath } from '../../rules/path-template.ts'
import { parsePolicy } from '../../rules/policy/parse-policy.ts'
import { parseQuery, writeQuery } from '../../rules/query.ts'
import { readClientHello } from '../../rules/splice/client-hello.ts'
import { clientHelloOf } from '../kit/client-hello-of.ts'
import { testPolicy } from '../kit/test-policy.ts'

/** One parser under the fuzzer. */
export type Target = {
  readonly title: string
  /** Throws when the parser does not keep its word for these octets. */
  readonly run: (bytes: Buffer) => void
  /** Inputs to begin with. */
  readonly seeds: readonly (string | Uint8Array)[]
  /** Pieces that mean something to the parser. */
  readonly words: readonly string[]
}

const jsonLimits = { maxDepth: 32, maxMembers: 200_000, maxStringLength: 65_536 }
const limits = { maxDecodedBytes: 100_000, maxRatio: 100 }
const BOUNDARY = 'b'

const headOf = (text: string) => {
  const [line = '', ...lines] = text.split('\n')
  const [method = '', target = '', version = ''] = line.split(' ')
  const fields = lines.map((field): Field => [field.split(':', 1)[0]!, field.slice(field.indexOf(':') + 1)])
  return { method, target, version, fields }
}

/** A key of the tests, the same each time: RFC 8410, with 32 octets that are known to all. */
const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)])
const signer: NoteKey = { name: 'policy.test', key: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }) }
const signed: PolicyBundle = {
  v: 1,
  kind: 'policy-bundle',
  serial: 12,
  issued: '2026-03-01T09:30:00.000Z',
  expires: '2026-05-30T09:30:00.000Z',
  policy: `sha256:${'ab'.repeat(32)}`,
  text: 'version: 1\n',
  references: { 'pack:a/b': '{}' },
  cases: { text: 'version: 1\n', files: { 'a.json': 'e30=' } },
}

/** Every parser that sees what a client or a server of bundles sent, or what a policy says. What each `run` asserts is what the rest relies on. */
export const targets = {
  framing: {
    title: 'request line and header section, as rules/framing.ts takes them',
    run: bytes => {
      const framing = checkFraming(headOf(bytes.toString('latin1')), 443, 100)
      if (!framing.ok) return
      const { host, target } = framing
      deepStrictEqual(parseAuthority(spellAuthority(host), 443), host)
      ok(target.path.startsWith('/') && !target.path.includes('?') && !target.path.includes('#'))
      const segments = decodePath(target.path)
      ok(segments === null || segments.every(segment => segment !== '.' && segment !== '..' && !segment.includes('/')))
    },
    seeds: [
      'POST /v1/a?b=c 1.1\nHost: a.test\nContent-Type: application/json\nContent-Length: 2',
      'POST https://a.test:443/v1/%41 1.1\nHost: a.test\nTransfer-Encoding: chunked\nExpect: 100-continue',
      'GET / 1.1\nhost: [::1]:8443',
    ],
    words: [
      'Host:',
      'Transfer-Encoding: chunked',
      'Content-Length:',
      'https://',
      '%2f',
      '%2e',
      '..',
      '[::',
      ']:',
      'Upgrade:',
    ],
  },
  json: {
    title: 'JSON text, as rules/json.ts takes it',
    run: bytes => {
      const text = decodeText(bytes)
      const reading = text === null ? null : readJson(text, jsonLimits)
      if (!reading?.ok) return
      deepStrictEqual(reading.value, JSON.parse(text!))
      const canonical = Buffer.from(canonicalize(reading.value)).toString()
      const again = readJson(canonical, jsonLimits)
      ok(again.ok)
      strictEqual(Buffer.from(canonicalize(again.value)).toString(), canonical)
    },
    seeds: ['{"a":[1,-2.5e3,"x\\u0041",null,true],"b":{"c":""}}', '[[[]]]', '"\\ud83d\\ude00"', '12345678901234567890'],
    words: ['"', '\\u', '\\"', '{', '}', '[', ']', ':', ',', 'null', 'true', '1e400', '-0', '\\ud800', '__proto__'],
  },
  decode: {
    title: 'content codings, as rules/decode.ts undoes them; the first octet chooses',
    run: bytes => {
      const codings = ['gzip', 'deflate', 'br', 'zstd', 'identity', 'GZIP ', 'gzip, gzip', '']
      const coding = codings[(bytes[0] ?? 0) % codings.length]!
      const content = bytes.subarray(1)
      const decoded = decodeContent(content, coding, limits)
      if (decoded.ok && coding.trim().toLowerCase() !== 'identity')
        ok(decoded.bytes.length <= Math.min(limits.maxDecodedBytes, Math.max(65_536, content.length * limits.maxRatio)))
    },
    seeds: [
      Buffer.concat([Buffer.from([0]), gzipSync('{"serial":1}')]),
      Buffer.concat([Buffer.from([0]), gzipSync(Buffer.alloc(90_000))]),
      Buffer.from('\x03\x28\xb5\x2f\xfd\x04\x00\x11\x00\x00ab', 'latin1'),
    ],
    words: ['\x1f\x8b\x08', '\x28\xb5\x2f\xfd', '\x78\x9c'],
  },
  multipart: {
    title: 'multipart/form-data, as rules/body/multipart.ts takes it',
    run: bytes => {
      const reading = readMultipart(bytes, BOUNDARY, 20)
      // a route takes no part of another media type
      if (
        !reading.ok ||
        !reading.parts.every(({ contentType }) => contentType === null || contentType === 'application/json')
      )
        return
      const { boundary, content } = writeMultipart(reading.parts)
      const again = readMultipart(content, boundary, 20)
      ok(again.ok)
      const plain = (parts: typeof reading.parts) =>
        parts.map(part => ({ ...part, content: Buffer.from(part.content) }))
      deepStrictEqual(plain(again.parts), plain(reading.parts))
    },
    seeds: [
      `--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="x.bin"\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n`,
      '--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--',
    ],
    words: [
      '--b',
      '--b--',
      '\r\n',
      '\r\n\r\n',
      'Content-Disposition: form-data',
      '; name="',
      '; filename="',
      '"',
      'Content-Type: ',
    ],
  },
  form: {
    title: 'queries, forms and media types',
    run: bytes => {
      const text = bytes.toString('latin1')
      parseMediaType(text)
      const query = parseQuery(text)
      if (query === null) return
      const written = writeQuery(query)
      deepStrictEqual({ ...parseQuery(written.slice(1)) }, { ...query })
    },
    seeds: ['a=1&b=%41+c&c=', 'x%20y=%e2%82%ac', 'multipart/form-data; boundary="a b"'],
    words: ['&', '=', '%', '+', '%00', '%e2%82%ac', ';', '"', '__proto__='],
  },
  'log-templates': {
    title: 'templates of instrument logs, and lines by them; a NUL stands between',
    run: bytes => {
      const [template = '', ...rest] = bytes.toString('utf8').slice(0, 400).split('\0')
      const reading = compileTemplates({ line: template, other: 'other {n:integer(0..9)}' })
      if (!reading.ok) return
      const decoded = decodeLog(rest.join('\0'), reading.templates, 'drop', jsonLimits)
      if (!decoded.ok) return
      const written = encodeLog(decoded.value, reading.templates)
      const again = decodeLog(written, reading.templates, 'block', jsonLimits)
      ok(again.ok)
      deepStrictEqual(again.value, decoded.value)
    },
    seeds: [
      '{time:timestamp} {level:enum(INFO,WARN)} calibrated in {ms:integer(0..600000)} ms\x002026-01-02T03:04:05Z INFO calibrated in 7 ms\n',
      't={c:number(0..90, decimals 1)} id={i:pattern([A-Z]{2}[0-9]{1,4})}.\0t=4.5 id=AB12.\nother 5\n',
    ],
    words: ['{', '}', ':integer(', ':timestamp}', ':enum(', ':pattern(', '..', '\0', '\n', ')', 'decimals '],
  },
  'client-hello': {
    title: 'the ClientHello of connections that pass unopened',
    run: bytes => {
      const hello = readClientHello(bytes)
      if (hello.kind === 'more') return
      // What is enough stays what it is, whatever comes behind it.
      deepStrictEqual(readClientHello(Buffer.concat([bytes, Buffer.from([22, 3, 1])])), hello)
      if (hello.kind === 'hello' && hello.serverName !== null) match(hello.serverName, /^[a-z0-9._-]{1,253}$/)
    },
    seeds: [clientHelloOf('a.vendor.test'), clientHelloOf(null), clientHelloOf('a.test', [0xfe0d, Buffer.alloc(4)])],
    words: ['\x16\x03\x01', '\x00\x00\x00', '\x01\x00', 'a.test', '\xfe\x0d'],
  },
  bundle: {
    title: 'signed policy bundles, as they come from a server',
    run: bytes => {
      const opened = openBundle(bytes.toString('utf8'), signer)
      // Nobody else has the key: what is verified is what was signed.
      if (opened.kind === 'verified') deepStrictEqual(opened.bundle, signed)
    },
    seeds: [Buffer.from(writeBundle(signed, signer))],
    words: ['\n\n', '\u2014 ', '"serial":', '"kind":"policy-bundle"', 'policy.test ', '==\n', '{', '}'],
  },
  policy: {
    title: 'policy documents',
    run: bytes => {
      const text = bytes.toString('utf8').slice(0, 20_000)
      const reading = parsePolicy(text, () => null)
      if (!reading.ok) ok(reading.problems.length > 0 && reading.problems.every(({ line }) => line >= 1))
    },
    seeds: [
      testPolicy(443),
      `version: 1\ninstruments: [{ id: a, address: 10.0.0.1 }]\ndestinations: [{ id: v, host: v.test }]\nroutes: [{ id: r, destination: v, method: GET, path: /a, body: { kind: none } }]\n`,
    ],
    words: [
      '&a ',
      '*a',
      '<<: ',
      '!!',
      '|\n',
      '- ',
      ': ',
      '{',
      '}',
      'kind: json',
      'schema: ',
      'maxLength: 1',
      'pattern: ^a$',
    ],
  },
} as const satisfies Readonly<Record<string, Target>>

export type TargetName = keyof typeof targets
