import t from 'tap'
import { KnownTexts, MAX_LENGTH } from '../../rules/known-texts.ts'

const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `AV23${String(index * 7919).padStart(7, '0')}-X${index % 10}`)

/** Adds what is not there yet, as a scan does. @returns how many were there */
const meet = (known: KnownTexts, texts: readonly string[]): number => {
  let met = 0
  for (const text of texts)
    if (known.has(text)) met++
    else {
      if (known.isCrowded) known.grow()
      known.add(text)
    }
  return met
}

t.test('known texts: none that was not added is known', async t => {
  const known = new KnownTexts()
  t.notOk(known.has(''))
  t.notOk(known.has('-'.repeat(MAX_LENGTH + 1)), 'what stands in for none is no text')
  const [some, others] = [numbered(2_000).slice(0, 1_000), numbered(2_000).slice(1_000)]
  meet(known, some)
  t.same(
    others.filter(text => known.has(text)),
    [],
  )
})

t.test('known texts: long ones that are alike but for one character, told apart', async t => {
  const known = new KnownTexts()
  const text = 'x'.repeat(MAX_LENGTH)
  known.add(text)
  t.ok(known.has(text))
  for (let at = 0; at < MAX_LENGTH; at++) t.notOk(known.has(`${text.slice(0, at)}y${text.slice(at + 1)}`))
})

t.test('known texts: of texts that come again and again, nearly all are known from the third time on', async t => {
  for (const count of [5, 100, 3_000]) {
    const known = new KnownTexts()
    const texts = numbered(count)
    for (let time = 0; time < 8; time++) meet(known, texts)
    t.ok(meet(known, texts) > 0.98 * count, `of ${count}`)
  }
})

t.test('known texts: the room has an end, and new texts push out one another, not those that come again', async t => {
  const known = new KnownTexts()
  const again = numbered(50)
  meet(known, again)
  meet(known, again)
  const met: number[] = []
  for (let many = 0; many < 60; many++) {
    meet(
      known,
      Array.from({ length: 1_000 }, (_, index) => `${many}/${index}`),
    )
    met.push(meet(known, again))
  }
  t.ok(
    met.slice(20).every(count => count >= 45),
    met.join(' '),
  )
  t.ok(known.size <= 16_384)
})
