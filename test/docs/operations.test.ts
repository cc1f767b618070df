import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import t from 'tap'
import { makeFolder, startInProcess } from '../kit/appliance.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { testPolicy } from '../kit/test-policy.ts'
import { startVendor } from '../kit/vendor.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/operations.md'), 'utf8')

/** The lines that a section of the page has people type. */
const linesOf = (heading: string): readonly string[] => {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const [, block = ''] = /^```sh\n(.*?)^```$/ms.exec(section.split('\n## ')[0]!) ?? []
  return block.trimEnd().split('\n')
}

const missing = ['sqlite3', 'tar', 'install'].filter(tool => spawnSync(tool, ['--version']).error)

t.test(
  'operations: a backup made in service is restored as the page says, and an older copy is told from it',
  { skip: missing.length > 0 && `no ${missing.join(', ')} here` },
  async t => {
    const vendor = await startVendor()
    t.teardown(() => vendor.close())
    const folder = await makeFolder(t, testPolicy(vendor.port))
    const served = await startInProcess(t, folder)
    await sendRaw(served, postJson('/v1/serial', JSON.stringify({ serial: 1 })))
    await sendRaw(served, postJson('/v1/serial', JSON.stringify({ note: 'ACGTTGCAACGTGCATTGCA' })))
    const lab = t.testdir({
      'sluice-data': t.fixture('symlink', folder.root),
      bin: { sluice: `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'cli/main.ts')}" "$@"\n` },
    })
    const run = (line: string): { readonly code: number | null; readonly text: string } => {
      const env = { ...process.env, PATH: `${join(lab, 'bin')}${delimiter}${process.env.PATH}` }
      const { status, stdout } = spawnSync('sh', ['-c', `{ ${line}; } 2>&1`], { cwd: lab, env, encoding: 'utf8' })
      return { code: status, text: stdout }
    }
    run('chmod 755 bin/sluice')

    for (const line of linesOf('Backup')) t.same(run(line), { code: 0, text: '' }, line)
    const printed = linesOf('Restore drill').map(line => {
      const { code, text } = run(line)
      t.equal(code, 0, `${line}: ${text}`)
      return text
    })
    t.match(printed.join(''), /intact: \d+ records/, 'the copy is whole')
    t.match(printed.at(-1), /sensitive-content/, 'and its decisions can be read')

    await served.appliance.stop()
    run('sluice pause --data sluice-data && sluice log checkpoint --data sluice-data > backup/anchor.txt')
    const older = run('sluice log verify --data drill --anchor backup/anchor.txt')
    t.equal(older.code, 10, 'a copy that lacks what happened since')
    t.match(older.text, 'rolled-back')
  },
)
