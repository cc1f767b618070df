import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { isPresent } from '../kit/client.ts'
import { curl } from '../kit/curl.ts'
import { until } from '../kit/until.ts'
import { typedIn } from './typed.ts'

const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)
const commands = typedIn('docs/quick-start.md')

t.test('quick start: five commands or fewer', t => {
  t.ok(commands.length <= 5)
  t.match(commands, [/^git clone /, /^npm ci && npm run demo/, /^curl /, /^curl /, /log list/])
  t.end()
})

/** What stands for the words of the page: this repository, the packages that are installed, and a port that is free. */
const adapted = (command: string, port: number): string =>
  command
    .replace(/^git clone \S+/, `git clone --quiet '${root}' sluice`)
    .replace('npm ci && ', '')
    .replace('--stay', `--stay --listen 127.0.0.1:${port}`)
    .replace(':8443/', `:${port}/`)
    .replace(/^curl /, "curl --silent --write-out '\\n%{http_code}' ")

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

t.test('quick start: from git clone to the first allowed and the first blocked request in the log', async t => {
  if (!(await isPresent(curl))) return t.comment('skipped: there is no curl on this machine')
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const [clone = '', start = '', allowed = '', blocked = '', list = ''] = commands.map(command =>
    adapted(command, port),
  )
  const type = async (command: string, cwd = join(folder, 'sluice')): Promise<string> =>
    (await run('bash', ['-c', command], { cwd })).stdout
  await type(clone, folder)
  symlinkSync(join(root, 'node_modules'), join(folder, 'sluice', 'node_modules'))
  const staying = spawn('bash', ['-c', start], { cwd: join(folder, 'sluice'), detached: true })
  const ended = once(staying, 'close')
  t.teardown(async () => {
    if (staying.exitCode === null) process.kill(-staying.pid!, 'SIGINT')
    await ended
  })
  let shown = ''
  staying.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()))
  await until(() => shown.includes('Ctrl-C ends it') || staying.exitCode !== null)
  for (const command of [allowed, blocked])
    t.ok(shown.includes(command.replace(/^curl --silent --write-out \S+ /, 'curl ')), 'it says the same as the page')
  t.match(await type(allowed), /\n200$/)
  t.match(await type(blocked), /"detector":"nucleotide-run".*\n403$/s)
  const [, ...rows] = (await type(list)).trim().split('\n')
  t.match(rows, [/\tblock\tsensitive-content\t/, /\tforward\t/])
})
