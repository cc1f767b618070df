import t from 'tap'
import { comparePeople } from '../../../log/review/identity.ts'
import { nextState, stateAfter, states, transitions, type ReviewEvent, type State } from '../../../log/review/states.ts'

const events = Object.keys(transitions) as ReviewEvent[]
const all = Object.keys(states) as State[]

/** All states that some events lead to. */
const reachable = (from: State, seen = new Set<State>([from])): ReadonlySet<State> => {
  for (const event of events) {
    const next = nextState(from, event)
    if (next !== null && !seen.has(next)) reachable(next, seen.add(next))
  }
  return seen
}

t.test('states: each can be reached; nothing leads out of a purge, and nothing purges what is on its way', async t => {
  t.same([...reachable('held')].toSorted(), all.toSorted())
  t.ok(events.every(event => nextState('purged', event) === null))
  t.equal(nextState('releasing', 'purge'), null)
})

t.test(
  'states: a release leads on from an approval alone, an approval from a look, and an end from a release',
  async t => {
    const from = (event: ReviewEvent) => all.filter(state => nextState(state, event) !== null)
    t.same(from('review.release'), ['approved'])
    t.equal(nextState('held', 'review.approve'), null, 'nobody approves what nobody has looked at')
    for (const end of ['review.released', 'review.release-failed', 'review.release-unknown'] as const)
      t.same(from(end), ['releasing'])
    for (const sent of ['released', 'releasing', 'replayed'] as const) {
      t.equal(nextState(sent, 'review.replay'), null, `${sent} is not sent again`)
      t.equal(nextState(sent, 'review.approve'), null)
    }
    t.equal(nextState('release-unknown', 'review.replay'), null, 'it may have arrived')
  },
)

t.test('states: a whole life, and one that cannot have been', async t => {
  t.equal(stateAfter([]), 'held')
  t.equal(stateAfter(['review.open', 'review.approve', 'review.release', 'review.released', 'purge']), 'purged')
  t.equal(stateAfter(['review.open', 'review.release']), null)
  t.equal(stateAfter(['purge', 'review.open']), null)
})

t.test(
  'two people: by their keys where both signed, by their names where neither did, and else not at all',
  async t => {
    const who = (actor: string, reviewer: string | null = null, fingerprint = reviewer) => ({
      actor,
      signature: reviewer === null ? null : { reviewer, fingerprint: fingerprint!, value: '' },
    })
    t.equal(comparePeople(who('os:ada'), who('os:bob')), 'two')
    t.equal(comparePeople(who('os:ada'), who('os:ada')), 'same')
    t.equal(comparePeople(who('os:ada', 'a'), who('os:ada', 'b')), 'two')
    t.equal(comparePeople(who('os:ada', 'a'), who('os:bob', 'a')), 'same', 'one key is one person')
    t.equal(comparePeople(who('os:ada', 'a', '1'), who('os:bob', 'a', '2')), 'same', 'with a new key as well')
    t.equal(comparePeople(who('os:ada', 'a', '1'), who('os:bob', 'b', '1')), 'same', 'and under a new name')
    t.equal(comparePeople(who('os:ada', 'a'), who('os:ada')), 'same', 'who did not sign is the one who did')
    t.equal(comparePeople(who('os:ada', 'a'), who('os:bob')), 'untold', 'who did not sign may be the one who did')
    t.equal(comparePeople(who('os:ada'), who('os:bob', 'a')), 'untold')
  },
)
