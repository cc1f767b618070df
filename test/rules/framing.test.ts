import t from 'tap'
import { checkFraming, parseAuthority, spellAuthority, type FramingFault } from '../../rules/framing.ts'
import { fieldValues, type Field, type Head } from '../../rules/message.ts'

const headOf = (fields: readonly Field[], target = '/a', version = '1.1'): Head => ({
  method: 'POST',
  target,
  version,
  fields,
})
const host: Field = ['Host', 'vendor.example']
const faultOf = (head: Head, port = 443): FramingFault | 'accepted' => {
  const framing = checkFraming(head, port)
  return framing.ok ? 'accepted' : framing.fault
}

const cases: Readonly<Record<string, readonly [Head, FramingFault | 'accepted']>> = {
  'a plain request': [headOf([host]), 'accepted'],
  'chunked': [headOf([host, ['Transfer-Encoding', 'Chunked']]), 'accepted'],
  'a length': [headOf([host, ['Content-Length', '0012']]), 'accepted'],
  '100-continue': [headOf([host, ['Expect', '100-Continue']]), 'accepted'],
  'HTTP/1.0': [headOf([host], '/a', '1.0'), 'http-version'],
  'HTTP/2.0': [headOf([host], '/a', '2.0'), 'http-version'],
  'no Host': [headOf([]), 'host-field'],
  'two Hosts': [headOf([host, ['HOST', 'vendor.example']]), 'host-field'],
  'an empty Host': [headOf([['Host', '']]), 'host-field'],
  'userinfo in Host': [headOf([['Host', 'user@vendor.example']]), 'host-field'],
  'a list of Hosts': [headOf([['Host', 'vendor.example, evil.example']]), 'host-field'],
  'white space in Host': [headOf([['Host', 'vendor.example evil.example']]), 'host-field'],
  'no-break space around Host': [headOf([['Host', '\u00a0vendor.example']]), 'host-field'],
  'a path in Host': [headOf([['Host', 'vendor.example/a']]), 'host-field'],
  'port 0 in Host': [headOf([['Host', 'vendor.example:0']]), 'host-field'],
  'a port beyond 65535': [headOf([['Host', 'vendor.example:65536']]), 'host-field'],
  'a port that is none': [headOf([['Host', 'vendor.example:https']]), 'host-field'],
  'an empty port': [headOf([['Host', 'vendor.example:']]), 'host-field'],
  'two codings': [headOf([host, ['Transfer-Encoding', 'gzip, chunked']]), 'transfer-encoding'],
  'two fields of codings': [headOf([host, ['Transfer-Encoding', 'chunked'], ['Transfer-Encoding', 'chunked']]), 'transfer-encoding'],
  'identity': [headOf([host, ['Transfer-Encoding', 'identity']]), 'transfer-encoding'],
  'chunked in quotes': [headOf([host, ['Transfer-Encoding', '"chunked"']]), 'transfer-encoding'],
  'chunked behind a vertical tab': [headOf([host, ['Transfer-Encoding', '\vchunked']]), 'transfer-encoding'],
  'chunked and a length': [headOf([host, ['Transfer-Encoding', 'chunked'], ['Content-Length', '5']]), 'transfer-encoding'],
  'two lengths': [headOf([host, ['Content-Length', '5'], ['Content-Length', '5']]), 'content-length'],
  'a list of lengths': [headOf([host, ['Content-Length', '5, 5']]), 'content-length'],
  'a signed length': [headOf([host, ['Content-Length', '+5']]), 'content-length'],
  'a negative length': [headOf([host, ['Content-Length', '-5']]), 'content-length'],
  'a hexadecimal length': [headOf([host, ['Content-Length', '0x5']]), 'content-length'],
  'an empty length': [headOf([host, ['Content-Length', '']]), 'content-length'],
  'digits of another script': [headOf([host, ['Content-Length', '５']]), 'content-length'],
  'a length without end': [headOf([host, ['Content-Length', '1'.repeat(40)]]), 'content-length'],
  'two content types': [headOf([host, ['Content-Type', 'a/b'], ['content-type', 'a/b']]), 'content-type-repeated'],
  'another expectation': [headOf([host, ['Expect', 'tea']]), 'expect'],
  'Upgrade': [headOf([host, ['Upgrade', 'websocket']]), 'upgrade'],
  'HTTP2-Settings': [headOf([host, ['HTTP2-Settings', 'AAMAAABkAAQAAP__']]), 'upgrade'],
  'announced trailers': [headOf([host, ['Trailer', 'X-A']]), 'trailers'],
} // prettier-ignore

t.test('framing: what parsers disagree on, one answer each', async t => {
  for (const [name, [head, outcome]] of Object.entries(cases)) t.equal(faultOf(head), outcome, name)
})

t.test('framing: request targets', async t => {
  const targetOf = (target: string, value = 'vendor.example', port = 443) => {
    const framing = checkFraming(headOf([['Host', value]], target), port)
    return framing.ok ? framing.target : framing.fault
  }
  const vendor = { host: 'vendor.example', port: 443 }
  t.same(targetOf('/a?b=c?d'), { authority: null, path: '/a', query: 'b=c?d' })
  t.same(targetOf('/a?'), { authority: null, path: '/a', query: '' })
  t.same(targetOf('https://vendor.example/a?b'), { authority: vendor, path: '/a', query: 'b' })
  t.same(targetOf('HTTPS://Vendor.Example'), { authority: vendor, path: '/', query: '' }, 'upper case, no path')
  t.same(targetOf('http://vendor.example/a', 'vendor.example', 80), {
    authority: { host: 'vendor.example', port: 80 },
    path: '/a',
    query: '',
  })
  t.same(targetOf('https://[::1]:8443/', '[::1]:8443'), {
    authority: { host: '::1', port: 8443 },
    path: '/',
    query: '',
  })
  const refused: Readonly<Record<string, FramingFault>> = {
    'https://evil.example/a': 'host-field',
    'https://vendor.example:444/a': 'host-field',
    'https://vendor.example./a': 'host-field',
    'http://vendor.example/a': 'host-field',
    'https://user:pass@vendor.example/a': 'target-form',
    'https://vendor.example@evil.example/a': 'target-form',
    'https://vendor.example\\evil.example/a': 'target-form',
    'https://vendor.example#/a': 'target-form',
    'https://vendor.example?a=b': 'target-form',
    'https:///a': 'target-form',
    'ftp://vendor.example/a': 'target-form',
    'vendor.example:443': 'target-form',
    '*': 'target-form',
    '': 'target-form',
    '/a#b': 'target-form',
    '/a?b#c': 'target-form',
    ' /a': 'target-form',
  }
  for (const [target, fault] of Object.entries(refused)) t.equal(targetOf(target), fault, target)
})

t.test('framing: authorities, read in one spelling', async t => {
  const read = (text: string) => {
    const authority = parseAuthority(text, 443)
    return authority && spellAuthority(authority)
  }
  t.equal(read('Vendor.Example'), 'vendor.example:443')
  t.equal(read('10.0.0.1:8080'), '10.0.0.1:8080')
  t.equal(read('[2001:DB8::1]'), '[2001:db8::1]:443')
  t.equal(read('vendor.example.'), 'vendor.example.:443', 'the dot stays, so it is another name than without')
  t.equal(read('vendor.example:00443'), 'vendor.example:443')
  for (const text of [
    '',
    ':443',
    '::1',
    '[::1',
    '[::1]x',
    '[fe80::1%25eth0]',
    '.a',
    '-a',
    'a b',
    'ä.example',
    'a/b',
    `a${'b'.repeat(253)}`,
  ])
    t.equal(read(text), null, text)
})

t.test('framing: field values, found in any case, without white space around them', async t => {
  const head = headOf([['X-A', ' \t1 2\t '], ['x-a', '3'], ['x-ab', '4'], ['X-A', ''], ['__proto__', '5']]) // prettier-ignore
  t.same(fieldValues(head, 'x-a'), ['1 2', '3', ''])
  t.same(fieldValues(head, '__proto__'), ['5'])
  t.same(fieldValues(head, 'constructor'), [])
  t.same(fieldValues(headOf([['a', '\u00a01\ufeff']]), 'a'), ['\u00a01\ufeff'], 'other spaces belong to the value')
})
