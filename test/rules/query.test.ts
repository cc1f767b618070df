import * as fc from 'fast-check'
import t from 'tap'
import { parseQuery, writeQuery } from '../../rules/query.ts'

const pairsOf = (query: string) => {
  const parameters = parseQuery(query)
  return parameters && Object.entries(parameters)
}

t.test('query: pairs, read', async t => {
  t.same(pairsOf(''), [])
  t.same(pairsOf('a=1&b=2'), [['a', '1'], ['b', '2']]) // prettier-ignore
  t.same(pairsOf('a='), [['a', '']], 'an empty value')
  t.same(pairsOf('a=b=c'), [['a', 'b=c']], 'an equals sign in the value')
  t.same(pairsOf('a+b=c%2Bd+e'), [['a b', 'c+d e']], 'plus and escaped plus')
  t.same(pairsOf('a=1;b=2'), [['a', '1;b=2']], 'a semicolon parts nothing')
  t.same(pairsOf('a=%2541'), [['a', '%41']], 'decoded once')
  t.same(pairsOf('__proto__=1&constructor=2&stop=3'), [['__proto__', '1'], ['constructor', '2'], ['stop', '3']]) // prettier-ignore
})

t.test('query: what readers take differently, null', async t => {
  const queries: Readonly<Record<string, string>> = {
    'a name twice': 'a=1&a=2',
    'a name twice through an escape': 'a=1&%61=2',
    'a name twice through plus': 'a+b=1&a%20b=2',
    '__proto__ twice': '__proto__=1&__proto__=2',
    'no equals sign': 'a',
    'no equals sign in the second': 'a=1&b',
    'an empty name': '=1',
    'an empty pair': 'a=1&&b=2',
    'an ampersand at the end': 'a=1&',
    'an ampersand in front': '&a=1',
    'a broken escape': 'a=%4',
    'an escape that is no number': 'a=%zz',
    'a broken escape in the name': '%=1',
    'overlong UTF-8': 'a=%c0%af',
    'half a surrogate': 'a=%ed%a0%80',
    'a raw letter beyond ASCII': 'a=é',
    'a raw space': 'a=b c',
    'a raw control character': 'a=b\u0000',
    'a raw line feed': 'a=b\r\nx: y',
  }
  for (const [name, query] of Object.entries(queries)) t.equal(parseQuery(query), null, name)
})

t.test('P2: query: written anew, it is read as what was inspected', async t => {
  t.equal(writeQuery({}), '')
  t.equal(writeQuery({ a: "it's 1+1&b=2#?", 'b c': 'é' }), '?a=it%27s%201%2B1%26b%3D2%23%3F&b%20c=%C3%A9')
  const word = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(word, fc.string({ unit: 'grapheme' })), { selector: ([name]) => name }),
      pairs => {
        const parameters: Record<string, string> = Object.create(null)
        for (const [name, value] of pairs) parameters[name] = value
        t.same(pairsOf(writeQuery(parameters).slice(1)), Object.entries(parameters))
      },
    ),
    { numRuns: 300 },
  )
})
