import t from 'tap'
import { nearestName } from '../../../rules/workbench/nearest-name.ts'

t.test('nearestName: a slip of the pen finds its name, whatever the case', async t => {
  const names = ['currentCycle', 'currentRead', 'runId', 'laneId']
  for (const [written, meant] of [
    ['curentCycle', 'currentCycle'],
    ['CurrentRaed', 'currentRead'],
    ['run_id', 'runId'],
    ['RUNID', 'runId'],
    ['laneld', 'laneId'],
  ] as const)
    t.equal(nearestName(written, names), meant, written)
})

t.test('nearestName: nothing is near to another word, to very long ones, or without names', async t => {
  t.equal(nearestName('operator', ['runId', 'status']), null)
  t.equal(nearestName('a'.repeat(200), ['a'.repeat(199)]), null)
  t.equal(nearestName('runId', []), null)
  t.equal(nearestName('ab', ['ac', 'aa']), 'aa', 'of equals, the first')
})
