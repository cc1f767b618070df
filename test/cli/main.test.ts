import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Command } from 'commander'
import { programFor } from '../../cli/program.ts'
import { sluice } from '../kit/sluice.ts'

const program = await programFor([])

const leaves = function* (command: Command, path: readonly string[] = []): Generator<readonly [string, Command]> {
  for (const inner of command.commands) {
    const name = [...path, inner.name()]
    if (inner.commands.length > 0) yield* leaves(inner, name)
    else yield [name.join(' '), inner]
  }
}

t.test('help: every command has a description, an example, --data and --json', async t => {
  for (const [name, command] of leaves(program)) {
    let help = ''
    command.configureOutput({ writeOut: text => (help += text) }).outputHelp()
    t.ok(command.description(), `${name} says what it does`)
    t.match(help, new RegExp(`Examples?:\n  sluice ${name}`), `${name} has an example`)
    t.match(help, /--data <folder>[^]*--json/, `${name} takes the common options`)
  }
})

t.test('usage: an unknown command or option, exit code 2 and a hint', async t => {
  for (const args of [
    ['nonsense'],
    ['log', 'list', '--nonsense'],
    ['log', 'list', '--limit', '0'],
    ['log', 'list', '--since', 'soon'],
  ]) {
    const { code, stdout, stderr } = await sluice(args)
    t.same([code, stdout], [2, ''], args.join(' '))
    t.match(stderr, /^sluice: error: [^\n]+\n[^]*sluice: hint: /)
  }
})

t.test('usage: --help and --version, exit code 0', async t => {
  t.equal((await sluice(['--help'])).code, 0)
  t.match((await sluice(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

t.test('data folder: none there, exit code 3 and what to do', async t => {
  const nowhere = ['--data', `${t.testdir()}/none`]
  for (const command of [
    ['status'],
    ['log', 'list'],
    ['log', 'verify'],
    ['blocked', 'list'],
    ['certs', 'list'],
    ['doctor'],
  ]) {
    const { code, stderr } = await sluice([...command, ...nowhere])
    t.equal(code, 3, command.join(' '))
    t.match(stderr, /sluice: error: there is no appliance[^\n]*\nsluice: hint: run "sluice init"/)
  }
})

t.test('output: a reader that has seen enough, no stack trace', async t => {
  const script = `yes '{"a":1}' | head -200000 | "${process.execPath}" cli/main.ts rules scan --ndjson | head -1`
  const cwd = join(import.meta.dirname, '..', '..')
  const { stdout, stderr } = await promisify(execFile)('/bin/sh', ['-c', script], { cwd })
  t.same([stdout, stderr], ['{"index":0,"verdict":"allow","findings":[]}\n', ''])
})
