import type { Random } from '../random.ts'

/** A request before it is put on the wire. Strings hold octets, one a character (latin1). */
export type Draft = {
  method: string
  target: string
  version: string
  /** Whole lines, without their ends. */
  fields: string[]
  /** What ends a line of the head, and the head. */
  lineEnd: string
  headEnd: string
  /** All that follows the head. */
  body: string
}

/** What a mutation needs to know of the request it is about. */
export type Setting = {
  readonly random: Random
  /** As the Host field has it. */
  readonly host: string
  readonly json: string
  /** A request that no policy admits: where its words arrive, they were smuggled. */
  readonly contraband: string
}

/** One way in which two readers of HTTP may come to differ; it changes the draft. */
export type Mutation = (draft: Draft, setting: Setting) => void

const blanks = ['', ' ', '\t', '  ', ' \t ', '\v', '\f', '\xa0', '\x85'] as const
const controls = ['\0', '\x01', '\x07', '\b', '\v', '\f', '\x1b', '\x7f', '\x80', '\xff'] as const

const chunked = (json: string): string => `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`
const without = (draft: Draft, name: string): void => {
  draft.fields = draft.fields.filter(line => !line.toLowerCase().startsWith(name))
}
const insert = (draft: Draft, random: Random, ...lines: readonly string[]): void =>
  void draft.fields.splice(random.below(draft.fields.length + 1), 0, ...lines)

/** A word in another spelling: case, or a character put in, left out, doubled or exchanged. */
const misspell = (word: string, random: Random): string => {
  const at = random.below(word.length)
  const odd = random.pick([...controls, ' ', '_', '-', '\xad', ','])
  switch (random.below(6)) {
    case 0:
      return word.toUpperCase()
    case 1:
      return word.slice(0, at) + word.slice(at + 1)
    case 2:
      return word.slice(0, at) + odd + word.slice(at)
    case 3:
      return word.slice(0, at) + word[at]! + word.slice(at)
    case 4:
      return word.slice(0, at) + odd + word.slice(at + 1)
    default:
      return Array.from(word, letter => (random.chance(0.5) ? letter.toUpperCase() : letter)).join('')
  }
}

const transferCodings = [
  'chunked',
  'Chunked',
  'CHUNKED',
  ' chunked ',
  '"chunked"',
  'chunked;q=1',
  'chunked, identity',
  'identity, chunked',
  'gzip, chunked',
  'chunked, chunked',
  'chunked,',
  ',chunked',
  'x-chunked',
  'chunked\0',
  'chun\tked',
  'cow',
  'identity',
  'chunked\xa0',
  '\vchunked',
  'chunked\r\n ',
] as const

const lengthSpellings = (length: number): readonly string[] => [
  `+${length}`,
  `-${length}`,
  `0${length}`,
  `0x${length.toString(16)}`,
  `${length}.0`,
  `${length}e0`,
  `${length},${length}`,
  `${length}, ${length + 1}`,
  ` ${length}`,
  `${length} `,
  `${length}\v`,
  `\t${length}`,
  `${length}\0`,
  `${length};q=1`,
  `"${length}"`,
  '',
  '0',
  `${length - 1}`,
  `${length + 40}`,
  '18446744073709551616',
  `${2 ** 53}`,
  '1 2',
  '1_2',
  '\xb2',
]

const targets = (host: string): readonly string[] => [
  '//v1/serial',
  '/v1//serial',
  '/./v1/serial',
  '/x/../v1/serial',
  '/v1/serial/..',
  '/v1/serial;x',
  '/v1/serial#x',
  '/v1/serial?',
  '/v1/serial?x=1',
  '/v1%2fserial',
  '/v1/seria%6c',
  '/v1/serial%00',
  '/v1/serial%0d%0aX-Note:%20SMUGGLED',
  '/v1/serial\x7f',
  '/v1/serial\xff',
  '/v1/se\trial',
  'v1/serial',
  '*',
  '',
  '\\v1\\serial',
  `http:/${host}/v1/serial`,
  `https:///v1/serial`,
  `https://${host}`,
  `https://${host}?x`,
  `https://${host}:443/v1/serial`,
  `https://user@${host}/v1/serial`,
  `https://other.test/v1/serial`,
  `ftp://${host}/v1/serial`,
  `HTTPS://${host.toUpperCase()}/v1/serial`,
  `https://${host}#@other.test/v1/serial`,
  `https://${host}\\@other.test/v1/serial`,
]

const hosts = (host: string): readonly string[] => [
  `${host}:443`,
  `${host}:`,
  `${host}:0`,
  `${host}:99999`,
  `${host}.`,
  `user@${host}`,
  `${host}/v1`,
  `${host}, other.test`,
  `${host} other.test`,
  `${host}\0.other.test`,
  `${host}#`,
  `${host}?`,
  `\t${host}`,
  host.toUpperCase(),
  '',
  '[::1]',
  '[::1',
  'other.test',
  `${host}:443:443`,
  `${host}%00`,
  `"${host}"`,
  `${host}\xa0`,
]

const methods = [
  'GET',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'CONNECT',
  'PRI',
  'SOURCE',
  'PROPFIND',
  'post',
  'Post',
  'POSTS',
  'POS T',
  'POST\0',
  'P\x00ST',
  ' POST',
  '\r\nPOST',
  '\n\nPOST',
  'POST\t',
  '',
] as const

const versions = [
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/3',
  'HTTP/1.1 ',
  'HTTP/1.1\t',
  'HTTP/01.1',
  'HTTP/1.01',
  'http/1.1',
  'HTTP 1.1',
  'HTTP/1,1',
  'HTTPS/1.1',
  'ICE/1.0',
  'RTSP/1.0',
  '',
] as const

const hopByHop = [
  'Connection: close, X-Note',
  'Connection: keep-alive, Content-Length',
  'Connection: Transfer-Encoding',
  'Proxy-Connection: keep-alive',
  'Keep-Alive: timeout=9',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABk',
  'Upgrade: connect-udp',
  'Capsule-Protocol: ?1',
  'TE: trailers',
  'Trailer: X-Note',
  'Expect: 200-ok',
  'Expect: 100-continue, 100-continue',
  'Proxy-Authorization: Basic SMUGGLED',
  'X-Forwarded-Host: SMUGGLED',
  'X-HTTP-Method-Override: DELETE',
  'X-Original-URL: /SMUGGLED',
  'Max-Forwards: 0',
  'Via: 1.0 SMUGGLED',
  'Forwarded: host=SMUGGLED',
  'Content-Type: text/plain',
  'Content-Encoding: gzip',
] as const

const single = {
  'transfer-encoding': (draft, { random, json }) => {
    const coding = random.chance(0.3) ? misspell('chunked', random) : random.pick(transferCodings)
    const name = random.chance(0.3) ? misspell('Transfer-Encoding', random) : 'Transfer-Encoding'
    if (random.chance(0.6)) without(draft, 'content-length')
    insert(draft, random, `${name}${random.pick([':', ': ', ':\t', ' :', ':: '])}${coding}`)
    draft.body = random.chance(0.8) ? chunked(json) : draft.body
  },
  'content-length': (draft, { random, json }) => {
    without(draft, 'content-length')
    const name = random.chance(0.3) ? misspell('Content-Length', random) : 'Content-Length'
    insert(draft, random, `${name}${random.pick([':', ': ', ' : '])}${random.pick(lengthSpellings(json.length))}`)
  },
  'length and chunks': (draft, { random, json, contraband }) => {
    const coding = random.pick(['chunked', ' chunked', 'xchunked', 'chunked\t', misspell('chunked', random)])
    insert(draft, random, `Transfer-Encoding: ${coding}`)
    const hidden = random.chance(0.5) ? `${chunked(json)}${contraband}` : `0\r\n\r\n${contraband}`
    without(draft, 'content-length')
    draft.fields.push(`Content-Length: ${random.pick([hidden.length, json.length, 4, 0])}`)
    draft.body = hidden
  },
  'duplicate fields': (draft, { random, host, json }) => {
    const name = random.pick([
      'Content-Length',
      'Transfer-Encoding',
      'Host',
      'Content-Type',
      'Content-Encoding',
      'Expect',
    ])
    const values = {
      'Content-Length': [`${json.length}`, `${json.length + 1}`, '0'],
      'Transfer-Encoding': ['chunked', 'identity'],
      Host: [host, 'other.test'],
      'Content-Type': ['application/json', 'text/plain'],
      'Content-Encoding': ['identity', 'gzip'],
      Expect: ['100-continue', ''],
    }[name]!
    insert(draft, random, `${name}: ${random.pick(values)}`, `${name}: ${random.pick(values)}`)
    if (name === 'Transfer-Encoding' && random.chance(0.7)) draft.body = chunked(json)
  },
  'line folding': (draft, { random, json, contraband }) => {
    const at = random.below(draft.fields.length)
    const line = draft.fields[at]!
    const cut = random.pick([line.indexOf(':') + 1, random.below(line.length), line.length])
    const fold = `${random.pick(['\r\n', '\n', '\r'])}${random.pick([' ', '\t', '  ', '\0'])}`
    draft.fields[at] = line.slice(0, cut) + fold + line.slice(cut)
    if (random.chance(0.3)) insert(draft, random, `X-Note: a${fold}Transfer-Encoding: chunked`)
    if (random.chance(0.2)) draft.body = `${json}${contraband}`
  },
  'line ends': (draft, { random, contraband }) => {
    draft.lineEnd = random.pick(['\n', '\r', '\r\r\n', '\n\r', '\r\n', '\0\r\n', '\x85', '\v\r\n'])
    draft.headEnd = random.pick(['\n', '\r', '\r\n', '\n\n', '\r\n\n', '\n\r\n'])
    if (random.chance(0.4)) draft.lineEnd = '\r\n'
    if (random.chance(0.5)) insert(draft, random, `X-Note: a${random.pick(['\n', '\r', '\n\n'])}${contraband}`)
  },
  'octets in fields': (draft, { random, host }) => {
    const at = random.below(draft.fields.length)
    const line = draft.fields[at]!
    const cut = random.below(line.length + 1)
    if (random.chance(0.7)) draft.fields[at] = line.slice(0, cut) + random.pick(controls) + line.slice(cut)
    else insert(draft, random, `${random.pick(['', ' ', 'X Y', 'X(Y)', 'X\0Y', '\xff', 'Host ', ':'])}: ${host}`)
  },
  'absolute form': (draft, { random, host }) => {
    const path = draft.target.replace(/^https?:\/\/[^/]*/, '')
    const scheme = random.pick(['http', 'https', 'HTTPS', 'h2c', 'ws'])
    const authority = random.pick([
      host,
      'other.test',
      `${host}:80`,
      `x@${host}`,
      host.toUpperCase(),
      '[::1]',
      `${host}.`,
    ])
    draft.target = `${scheme}:${random.pick(['//', '//', '//', '/', '///', '\\\\'])}${authority}${path}`
    if (random.chance(0.3)) without(draft, 'host')
    if (random.chance(0.3)) insert(draft, random, `Host: ${random.pick([host, authority, 'other.test'])}`)
  },
  trailers: (draft, { random, json, host }) => {
    without(draft, 'content-length')
    const field = random.pick([
      'X-Note: SMUGGLED',
      'Content-Length: 5',
      `Host: ${host}`,
      'Transfer-Encoding: chunked',
      ': x',
      'a b: c',
      'x',
    ])
    insert(draft, random, 'Transfer-Encoding: chunked', ...(random.chance(0.5) ? ['Trailer: X-Note'] : []))
    const end = random.pick(['\r\n\r\n', '\n\n', '\r\n', '\r\n \r\n\r\n'])
    draft.body = `${json.length.toString(16)}\r\n${json}\r\n0\r\n${field}${end}`
  },
  'chunk extensions': (draft, { random, json, contraband }) => {
    without(draft, 'content-length')
    insert(draft, random, 'Transfer-Encoding: chunked')
    const extension = random.pick([
      ';a=b',
      ';a="b;c"',
      ';a="\r\n0\r\n\r\n"',
      ';\nxx',
      ';a\nb',
      ';\0',
      ' ;a',
      '\t',
      ';'.repeat(300),
      `;${'a'.repeat(20_000)}`,
      `;a=${contraband.replaceAll('\r\n', '\n')}`,
    ])
    draft.body = `${json.length.toString(16)}${extension}\r\n${json}\r\n0${random.chance(0.4) ? extension : ''}\r\n\r\n`
  },
  'chunk sizes': (draft, { random, json, contraband }) => {
    without(draft, 'content-length')
    insert(draft, random, 'Transfer-Encoding: chunked')
    const hex = json.length.toString(16)
    const size = random.pick([
      `0x${hex}`,
      `+${hex}`,
      `-${hex}`,
      `0${hex}`,
      ` ${hex}`,
      `${hex} `,
      `${'0'.repeat(30)}${hex}`,
      `1${'0'.repeat(15)}${hex}`,
      `1${'0'.repeat(16)}${hex}`,
      '',
      'g',
      `${hex}\0`,
      `${hex},`,
      hex.toUpperCase(),
      (json.length + 2).toString(16),
      (json.length - 2).toString(16),
      `${hex}\xa0`,
      '1_0',
    ])
    const end = random.pick(['\r\n', '\n', '\r', 'xx', ''])
    draft.body = `${size}${random.pick(['\r\n', '\n', '\r'])}${json}${end}${random.pick(['0', '00', '000', '0x0', '-0'])}\r\n\r\n`
    if (random.chance(0.4)) draft.body += contraband
  },
  pipelining: (draft, { random, json, contraband }) => {
    const hidden = random.pick([
      contraband,
      `\r\n${contraband}`,
      `\n\n${contraband}`,
      `\0${contraband}`,
      contraband.replace('POST', 'GET'),
      contraband.slice(0, random.below(contraband.length)),
      'SMUGGLED',
      '\r\n'.repeat(random.below(40)),
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ])
    if (random.chance(0.3)) draft.method = random.pick(['GET', 'HEAD', 'DELETE', 'OPTIONS'])
    if (random.chance(0.3)) without(draft, 'content-length')
    if (random.chance(0.2)) draft.fields.push('Connection: close')
    if (random.chance(0.2)) draft.fields.push('Expect: 100-continue')
    draft.body = random.chance(0.7) ? `${json}${hidden}` : hidden
  },
  'content of other methods': (draft, { random, contraband }) => {
    draft.method = random.pick(['DELETE', 'OPTIONS', 'GET', 'HEAD', 'TRACE', 'PATCH'])
    without(draft, 'content-length')
    const isChunked = random.chance(0.7)
    draft.body = isChunked ? chunked(contraband) : contraband
    insert(draft, random, isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${contraband.length}`)
  },
  methods: (draft, { random }) => {
    draft.method = random.chance(0.4) ? misspell('POST', random) : random.pick(methods)
    if (random.chance(0.3)) draft.method += random.pick(blanks)
  },
  targets: (draft, { random, host }) => {
    draft.target = random.pick(targets(host))
    if (random.chance(0.2)) draft.target += random.pick([...blanks, ...controls])
  },
  hosts: (draft, { random, host }) => {
    without(draft, 'host')
    if (random.chance(0.9)) insert(draft, random, `Host${random.pick([':', ': ', ' :'])}${random.pick(hosts(host))}`)
    if (random.chance(0.2)) insert(draft, random, `Host: ${host}`)
  },
  versions: (draft, { random }) => {
    draft.version = random.pick(versions)
    if (random.chance(0.2)) draft.fields.push(`Connection: ${random.pick(['keep-alive', 'close', 'upgrade'])}`)
  },
  'fields of one hop': (draft, { random }) => {
    for (let count = 1 + random.below(3); count > 0; count--) insert(draft, random, random.pick(hopByHop))
  },
} as const satisfies Readonly<Record<string, Mutation>>

const severalAtOnce: Mutation = (draft, setting) => {
  for (let count = 0; count < 3; count++) setting.random.pick(Object.values(single))(draft, setting)
}

/** The families of mutations. One that is added here is sent in the test and to the positive control. */
export const families = { ...single, 'several at once': severalAtOnce }

export type Family = keyof typeof families
