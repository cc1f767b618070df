import * as fc from 'fast-check'
import t from 'tap'
import { decodePath, matchPath, parsePathTemplate, writePath } from '../../rules/path-template.ts'

t.test('path template: plain and parameter segments, read', async t => {
  const templates = [
    '/',
    '/a',
    '/a/',
    '/v1/runs/{runId}/metrics',
    "/~a.b-c_d!$&'()*+,;=:@/x",
    '/{a}/{b}',
    '/...',
    '/a/.b',
  ]
  for (const text of templates) t.equal(parsePathTemplate(text)?.text, text)
  for (const name of ['__proto__', 'constructor', 'stop', '_'])
    t.same(parsePathTemplate(`/{${name}}`)?.segments, [{ parameter: name }])
})

t.test('path template: what it cannot mean, null', async t => {
  const templates = [
    '', 'a', '*', '//', '/a//b', '/./a', '/a/..', '/../a', '/..;x/a', '/.;', '/a b', '/a%20b', '/a?b', '/a#b', '/ä',
    '/a\\b', '/{}', '/{1a}', '/{a-b}', '/{a', '/a}', '/x{a}', '/{a}x', '/{a}/{a}', '/{{a}}', `/{${'a'.repeat(65)}}`,
  ] // prettier-ignore
  for (const text of templates) t.equal(parsePathTemplate(text), null, text)
})

t.test('path: decoded once, segment by segment', async t => {
  t.same(decodePath('/'), [''])
  t.same(decodePath('/a/'), ['a', ''])
  t.same(decodePath('/%61b/c%20d/%C3%A9'), ['ab', 'c d', 'é'])
  t.same(decodePath('/a;v=1/b:c@d'), ['a;v=1', 'b:c@d'])
  t.same(decodePath('/100%25'), ['100%'], 'a percent sign that begins no escape')
})

t.test('path: what servers read differently, null', async t => {
  const paths: Readonly<Record<string, string>> = {
    empty: '',
    'no solidus': 'a',
    asterisk: '*',
    'empty segment': '//',
    'empty segment inside': '/a//b',
    'looks like a host': '//evil.example/a',
    'dot segment': '/a/./b',
    'dot segment at the end': '/a/.',
    traversal: '/a/../b',
    'escaped traversal': '/a/%2e%2E/b',
    'half escaped traversal': '/a/.%2e/b',
    'traversal with a parameter': '/a/..;/b',
    'traversal with an escaped parameter': '/a/%2e%2e%3bx=1/b',
    'escaped solidus': '/a%2Fb',
    'escaped solidus in lower case': '/a%2fb',
    'escaped backslash': '/a%5Cb',
    backslash: '/a\\b',
    'traversal with backslashes': '/..\\..\\a',
    'double encoding of a solidus': '/a%252Fb',
    'double encoding of a dot': '/%252e%252e/a',
    'double encoding of a letter': '/%2541',
    'triple encoding': '/%25252e',
    'overlong solidus': '/a%c0%afb',
    'overlong dot': '/%c0%ae%c0%ae/a',
    'half a surrogate': '/%ED%A0%80',
    'broken escape': '/a%2',
    'escape that is no number': '/a%zz',
    'percent alone': '/%',
    'IIS escape': '/%u002e%u002e',
    'escaped NUL': '/a%00.json',
    'escaped line feed': '/a%0d%0ax:y',
    'escaped C1 control': '/a%C2%85',
    fragment: '/a#b',
    query: '/a?b',
    space: '/a b',
    tab: '/a\tb',
    'raw letter beyond ASCII': '/é',
    quote: '/a"b',
    braces: '/{run}',
  }
  for (const [name, path] of Object.entries(paths)) t.equal(decodePath(path), null, name)
})

t.test('path: matched by a template only in its shape, and case counts', async t => {
  const template = parsePathTemplate('/v1/runs/{run}/metrics/')!
  const match = (path: string) => {
    const parameters = matchPath(template, decodePath(path)!)
    return parameters && { ...parameters }
  }
  t.same(match('/v1/runs/A%20B/metrics/'), { run: 'A B' })
  t.same(match('/%76%31/runs/7/metrics/'), { run: '7' })
  for (const path of ['/v1/runs/7/metrics', '/v1/runs/7/metrics/x', '/V1/runs/7/metrics/', '/v1/runs/7', '/'])
    t.equal(match(path), null, path)
  t.equal(matchPath(parsePathTemplate('/a/{b}')!, ['a', '']), null, 'a parameter is never empty')
})

t.test('path: parameters named like members of Object.prototype, taken like any other', async t => {
  const template = parsePathTemplate('/{__proto__}/{constructor}/{stop}')!
  const parameters = matchPath(template, ['a', 'b', 'c'])!
  t.same(Object.entries(parameters), [['__proto__', 'a'], ['constructor', 'b'], ['stop', 'c']]) // prettier-ignore
  t.equal(writePath(template, parameters), '/a/b/c')
})

t.test('P2: path: written anew, it is read as what was inspected', async t => {
  const template = parsePathTemplate('/v1/{a}/{b}')!
  t.equal(writePath(template, { a: 'x y/é', b: '?#%' }), '/v1/x%20y%2F%C3%A9/%3F%23%25')
  const characters = fc.constantFrom(...Array.from("/%.;?#\\ aZ09~!$&'()*+,=:@é😀\u0000{}"))
  const segments = fc
    .array(characters, { minLength: 1, maxLength: 8 })
    .map(parts => parts.map(encodeURIComponent).join(''))
  fc.assert(
    fc.property(segments, segments, (a, b) => {
      const decoded = decodePath(`/v1/${a}/${b}`)
      const parameters = decoded && matchPath(template, decoded)
      if (!parameters) return
      t.same(decodePath(writePath(template, parameters)), decoded)
    }),
    { numRuns: 1_000 },
  )
})
