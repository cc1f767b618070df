import t from 'tap'
import { containerOf } from '../../rules/container.ts'
import type { Detector, Example, Span, Subject, TextDetector, ValueDetector } from '../../rules/detector.ts'
import { detectors } from '../../rules/registry.ts'
import { seeded, type Random } from '../kit/random.ts'
import { reaches, reachesContainer } from '../kit/reaches.ts'

const all: readonly Detector[] = detectors

t.test('registry: ids are unique and in kebab case', async t => {
  t.ok(all.length > 40)
  t.equal(new Set(all.map(({ id }) => id)).size, all.length)
  for (const { id } of all) t.match(id, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
})

t.test('registry: every detector says what it is, on what it rests, and by example', async t => {
  for (const { id, title, source, category, examples } of all) {
    t.ok(title.trim().length > 2, `${id}: title`)
    t.ok(source.trim().length > 5, `${id}: source`)
    t.ok(['sequence', 'identity', 'health', 'secret'].includes(category), `${id}: category`)
    t.ok(examples.match.length > 0 && examples.noMatch.length > 0, `${id}: examples of both kinds`)
  }
})

const subjectsOf = (example: Example): readonly Subject[] => {
  const { text, keys } = typeof example === 'string' ? { text: example, keys: [] } : example
  return [{ text, keys, role: 'value' }]
}

const areWithin = (spans: readonly Span[], length: number): boolean =>
  spans.every(({ start, end }) => start >= 0 && start < end && end <= length)

/** What a detector finds in an example, and how long the example is, in what its spans are counted in. */
type Seen = { readonly example: string; readonly spans: readonly Span[]; readonly length: number }

const lookedAt = (detector: Detector, which: 'match' | 'noMatch'): readonly Seen[] => {
  if (detector.kind === 'value')
    return detector.examples[which].map(({ value, keys }) => {
      const container = containerOf(value, keys)
      return {
        example: JSON.stringify(value),
        spans: [...detector.find(container)],
        length: container.members.length,
      }
    })
  if (detector.kind === 'bytes')
    return detector.examples[which].map(example => {
      const bytes = Buffer.from(example, 'base64')
      return { example, spans: [...detector.find(bytes)], length: bytes.length }
    })
  return detector.examples[which]
    .flatMap(subjectsOf)
    .map(subject => ({ example: subject.text, spans: [...detector.find(subject)], length: subject.text.length }))
}

for (const detector of all)
  t.test(`${detector.id}: finds its match examples, and nothing in the others`, async t => {
    for (const { example, spans, length } of lookedAt(detector, 'match')) {
      t.ok(spans.length > 0, example)
      t.ok(areWithin(spans, length), 'the spans lie within')
    }
    for (const { example, spans } of lookedAt(detector, 'noMatch')) t.same(spans, [], example)
  })

const valueDetectors = all.filter((detector): detector is ValueDetector => detector.kind === 'value')

t.test('registry: an array or object in which a detector would find something meets its needs', async t => {
  const examples = valueDetectors.flatMap(({ examples: { match, noMatch } }) => [...match, ...noMatch])
  // What stands around and in between must not hide it.
  const containers = examples.flatMap(({ value, keys }) =>
    Array.isArray(value)
      ? [containerOf(value, keys), containerOf(Object.fromEntries(value.entries()), keys)]
      : [
          containerOf(value, keys),
          containerOf(Object.fromEntries([...Object.entries(value), ['more', 1]]), keys),
          containerOf(Object.values(value), keys),
        ],
  )
  const wrong = containers.flatMap(container =>
    valueDetectors
      .filter(detector => !reachesContainer(detector, container) && [...detector.find(container)].length > 0)
      .map(({ id }) => `${id} on ${JSON.stringify(container)}`),
  )
  t.same(wrong, [])
})

/** The roles in which a text can come: a number is spelled as JSON spells it. */
const rolesOf = ({ text }: Subject): readonly Subject['role'][] =>
  String(Number(text)) === text ? ['value', 'key', 'number'] : ['value', 'key']

t.test('registry: what a detector would find meets its needs, in any example of any detector', async t => {
  const text = all.filter((detector): detector is TextDetector => detector.kind === 'text')
  const subjects = text.flatMap(({ examples }) => [...examples.match, ...examples.noMatch].flatMap(subjectsOf))
  const wrong: string[] = []
  for (const subject of subjects)
    for (const role of rolesOf(subject))
      for (const detector of text) {
        const seen = { ...subject, role }
        if (!reaches(detector, seen) && [...detector.find(seen)].length > 0)
          wrong.push(`${detector.id} on ${seen.text}`)
      }
  t.same(wrong, [])
})

const textual = all.filter(detector => detector.kind !== 'value')

/** Numbers as telemetry and people write them: of any length, whole and broken, and the digits of every example. */
const numberTexts = (): readonly string[] => {
  const texts = textual.flatMap(({ examples }) =>
    examples.match.map(example => (typeof example === 'string' ? example : example.text).replaceAll(/\D/g, '')),
  )
  const numbers = texts.filter(text => text !== '' && text.length < 18).map(Number)
  for (let length = 1, state = 7; length <= 17; length++)
    for (let many = 0; many < 60; many++) {
      state = (state * 48_271) % 2_147_483_647
      const whole = Math.floor((state / 2_147_483_647) * 10 ** length)
      numbers.push(whole, -whole, whole / 100, whole / 1e7)
    }
  return [...new Set([...numbers, 1e21, 1e-7, -1.5e-9].map(String))]
}

const textDetectors = all.filter((detector): detector is TextDetector => detector.kind === 'text')
const contexts = textDetectors.flatMap(({ examples }) =>
  examples.match.flatMap(example => (typeof example === 'string' ? [] : [example.keys])),
)

t.test('registry: a number, found only under names that the needs of the detector ask for', async t => {
  const wrong: string[] = []
  for (const text of numberTexts())
    for (const detector of textDetectors)
      for (const keys of [[], ...contexts]) {
        const subject = { text, role: 'number', keys } as const
        if (!reaches(detector, subject) && [...detector.find(subject)].length > 0)
          wrong.push(`${detector.id} on ${text}`)
      }
  t.same(wrong, [])
})

/** Pieces of what detectors find, and what stands between them, put together at random. */
const patchwork = (random: Random): string => {
  const pieces = all.flatMap(({ kind, examples }) =>
    kind === 'text' ? examples.match.map(example => (typeof example === 'string' ? example : example.text)) : [],
  )
  const piece = random.pick(pieces)
  const from = random.chance(0.5) ? 0 : random.below(piece.length)
  const change = (text: string): string =>
    random.pick([
      text,
      text,
      text.toUpperCase(),
      text.toLowerCase(),
      text.replace(/[ .-]/g, ''),
      text.replace(/\d/g, () => String(random.below(10))),
    ])
  const between = random.pick(['', ' ', '-', '_', '.', ', ', ': ', '\n', '\t', 'é', '\u2013', 'x', '7'])
  return change(piece.slice(from)) + between + (random.chance(0.4) ? change(random.pick(pieces)) : '')
}

const unreached = (seed: number): readonly string[] => {
  const random = seeded(seed)
  const wrong: string[] = []
  for (let many = 0; many < 1_300; many++) {
    const text = patchwork(random)
    const role = random.pick(['value', 'key'] as const)
    const subject = { text, role, keys: random.chance(0.5) ? [] : random.pick(contexts) } as const
    for (const detector of textDetectors)
      if (!reaches(detector, subject) && !Iterator.from(detector.find(subject)).next().done)
        wrong.push(`${detector.id} on ${JSON.stringify(text)} under ${subject.keys.join('.')}`)
  }
  return wrong
}

t.test('registry: what a detector would find meets its needs, in random patchwork', async t => {
  for (const seed of [8, 22, 31]) t.same(unreached(seed), [], `seed ${seed}`)
})

t.test('registry: measurements, floating-point numbers of any size, nothing is found in them', async t => {
  const wrong: string[] = ['4.24867380340317', '7915236.99343042', '388.0722665'].filter(text =>
    textDetectors.some(({ find }) => [...find({ text, role: 'number', keys: ['value'] })].length > 0),
  )
  let state = 11
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  for (let many = 0; many < 20_000; many++) {
    const text = String(many % 2 === 0 ? Math.fround(random() * 20) : random() * 10 ** Math.floor(random() * 12))
    const subject = { text, role: 'number', keys: ['value'] } as const
    for (const detector of textDetectors)
      if (reaches(detector, subject) && [...detector.find(subject)].length > 0) wrong.push(`${detector.id} on ${text}`)
  }
  t.same(wrong, [])
})
