import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { seeded } from '../kit/random.ts'
import { startCoverage } from './coverage.ts'
import { fuzz } from './fuzz.ts'
import { targets, type Target } from './targets.ts'

const folder = join(import.meta.dirname, 'findings')

for (const [name, target] of Object.entries<Target>(targets))
  t.test(`P8: ${name}: what the fuzzer has found, and what it begins with, is read as it should be`, async t => {
    for (const seed of target.seeds) t.doesNotThrow(() => target.run(Buffer.from(seed as string, 'latin1')))
    for (const file of readdirSync(folder).filter(file => file.startsWith(`${name}.`)))
      t.doesNotThrow(() => target.run(readFileSync(join(folder, file))), file)
  })

t.test('fuzz: a fault behind four conditions is found, because coverage leads there', async t => {
  const { trap } = await import('./trap/rules/trap.ts')
  const target: Target = { title: 'trap', run: trap, seeds: ['aaaaaaaa'], words: ['b'] }
  const { findings, executions } = fuzz(target, startCoverage(), 20_000, seeded(3).below(1_000), 1)
  t.equal(findings.length, 1)
  t.equal(findings[0]?.error.message, 'sprung')
  t.ok(executions > 500, `${executions} executions`)
})
