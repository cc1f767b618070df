import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { startCoverage } from './coverage.ts'
import { fuzz } from './fuzz.ts'
import { targets, type Target, type TargetName } from './targets.ts'

const names = Object.keys(targets) as TargetName[]

const targetOf = (name: string): TargetName => {
  const found = names.find(one => one === name)
  if (!found) throw new InvalidArgumentError(`there is no target of that name; there are ${names.join(', ')}`)
  return found
}

const secondsOf = (text: string): number => {
  const seconds = Number(text)
  if (!(seconds > 0)) throw new InvalidArgumentError('give a number of seconds')
  return seconds
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const main = (name: TargetName | undefined, seconds = 60, { seed = '1' }: { readonly seed?: string }): void => {
  const coverage = startCoverage()
  for (const one of name === undefined ? names : [name]) {
    const target: Target = targets[one]
    const { executions, corpus, characters, findings } = fuzz(target, coverage, seconds * 1_000, Number(seed))
    say(
      `${one}: ${executions} executions, ${corpus} inputs, ${characters} characters of code, ${findings.length} findings`,
    )
    for (const { bytes, error } of findings) {
      const file = `${one}.${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`
      writeFileSync(join(import.meta.dirname, 'findings', file), bytes)
      say(`  ${file}: ${error.message.split('\n', 1)[0]}`)
      process.exitCode = 1
    }
  }
}

await new Command('fuzz')
  .description('Looks for octets for which a parser does not keep its word, led by what of its code they run.')
  .argument('[target]', `which parser; all of them when none is named: ${names.join(', ')}`, targetOf)
  .argument('[seconds]', 'how long for each; 60 when not said', secondsOf)
  .option('--seed <number>', 'another row of random numbers')
  .addHelpText(
    'after',
    `
Targets:
${Object.entries<Target>(targets)
  .map(([name, { title }]) => `  ${name.padEnd(14)} ${title}`)
  .join('\n')}

What is found is kept in test/fuzz/findings, which a test runs again.

Examples:
  $ npm run fuzz
  $ npm run fuzz -- json 600 --seed 7

Exit codes: 0 nothing was found, 1 something was, 2 wrong usage`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(main)
  .parseAsync()
