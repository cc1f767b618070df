import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { completionScript, shells } from '../../cli/terminal/completion.ts'
import { programFor } from '../../cli/program.ts'

const program = await programFor([])
const folder = t.testdir({ 'a-file': '' })
const hasShell = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

for (const shell of shells) writeFileSync(join(folder, shell), completionScript(program, shell))

/** What bash offers for the last of these words; it is sent all lines at once, because a shell takes its time to start. */
const offersOfBash = (lines: readonly (readonly string[])[]): readonly string[] => {
  const tries = lines.map(words => {
    const quoted = words.map(word => `'${word}'`).join(' ')
    return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _sluice; echo "\${COMPREPLY[*]}"`
  })
  const input = [`source '${join(folder, 'bash')}'`, 'complete -p sluice', ...tries].join('\n')
  const { stdout, stderr } = spawnSync('bash', ['--norc'], { input, encoding: 'utf8' })
  t.equal(stderr, '')
  return stdout.split('\n')
}

t.test('completion: bash offers commands, options, choices, and files where a value is open', async t => {
  const [registered, ...offers] = offersOfBash([
    ['sluice', 'lo'],
    ['sluice', 'log', 'ex'],
    ['sluice', '--data', 'x', 'log', 'l'],
    ['sluice', 'log', 'export', '--fo'],
    ['sluice', 'log', 'export', '--format', ''],
    ['sluice', 'log', 'list', '--data', ''],
    ['sluice', 'completion', ''],
    ['sluice', 'nothing', 'known'],
  ])
  t.equal(registered, 'complete -o default -F _sluice sluice')
  t.same(offers.slice(0, 8), ['log', 'export', 'list', '--format', 'jsonl csv ocsf ecs', '', 'bash zsh fish', ''])
})

t.test('completion: every command can be got to', async t => {
  const script = completionScript(program, 'bash')
  for (const group of program.commands)
    for (const command of group.commands) t.match(script, `['${group.name()} ${command.name()}/']`)
})

t.test('completion: fish offers the same', { skip: !hasShell('fish') && 'no fish here' }, async t => {
  const input = `source ${join(folder, 'fish')}; complete -C 'sluice log exp'; complete -C 'sluice log export --format '`
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', input], { encoding: 'utf8' })
  t.equal(stderr, '')
  const offered = stdout
    .trim()
    .split('\n')
    .map(line => line.split('\t')[0])
  t.same(offered, ['export', 'csv', 'ecs', 'jsonl', 'ocsf'])
})

t.test('completion: zsh takes it', { skip: !hasShell('zsh') && 'no zsh here' }, async t => {
  const input = `autoload -U compinit; compinit -u -D; source ${join(folder, 'zsh')}; print $_comps[sluice]`
  const { stdout, stderr } = spawnSync('zsh', ['-f'], { input, encoding: 'utf8' })
  t.equal(stderr, '')
  t.match(stdout, /_bash_complete.*_sluice/)
})
