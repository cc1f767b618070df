import t from 'tap'
import { Sieve } from '../../rules/sieve.ts'

const sieve = new Sieve([
  { needs: [{ digits: 3 }] },
  { needs: [{ has: '@.', letters: 2 }, { blanks: 2 }] },
  { needs: [{ looks: [/^AA00$/, /^A$/] }] },
  { needs: [{ digits: 1, under: keys => keys.at(-1) === 'age' }] },
  ...Array.from({ length: 40 }, (_, index) => ({ needs: [{ length: 100 + index }] })),
])
const sift = (text: string, keys: readonly string[] = []) => sieve.sift(text, sieve.armedBy(keys))

t.test('sieve: each text, those whose needs it meets, in their order', async t => {
  t.equal(sift('ok'), null)
  t.same(sift('123'), [0])
  t.same(sift('a@b.'), [1])
  t.equal(sift('a@b'), null, 'every mark has to be there')
  t.same(sift('a b c'), [1], 'one need is enough')
  t.same(sift('DE89 x'), [2])
  t.equal(sift('DE89 xx'), null, 'and every look')
  t.same(sift('x'.repeat(101)), [4, 5], 'also beyond 32 needs')
  t.same(sift('1 2 3 x AB12'), [0, 1, 2])
})

t.test('sieve: needs that ask for names, met under these names alone', async t => {
  t.equal(sift('93'), null)
  t.same(sift('93', ['patient', 'age']), [3])
  t.equal(sift('93', ['age', 'unit']), null)
})

t.test('sieve: numbers, only the needs that names arouse', async t => {
  t.equal(sieve.arousedBy(['lot']), null)
  const aroused = sieve.arousedBy(['age'])!
  t.same(sieve.sift('1234', aroused), [3])
  const never = new Sieve([
    { needs: [{ letters: 3, under: () => true }] },
    { needs: [{ has: ':', under: () => true }] },
  ])
  t.equal(never.arousedBy(['age']), null, 'no number has three letters, or a colon')
})
