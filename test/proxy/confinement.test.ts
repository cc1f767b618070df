import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { confinement } from '../../proxy/confinement.ts'
import { readSettings, writeSettings } from '../../proxy/settings.ts'
import { makeFolder, startProcess } from '../kit/appliance.ts'
import { callControl } from '../../proxy/watch/control.ts'
import { testPolicy } from '../kit/test-policy.ts'

/** Tries each thing, and prints as JSON what came of it: `done`, or the code of the error. */
const probe = `
const [own, other, app] = JSON.parse(process.env.PROBED)
const { spawnSync } = require('node:child_process')
const { readFileSync, writeFileSync, readdirSync, symlinkSync } = require('node:fs')
const { Worker, isMainThread, parentPort } = require('node:worker_threads')
const tries = {
  'read its own folder': () => readFileSync(own + '/appliance.yaml'),
  'write to its own folder': () => writeFileSync(own + '/probe', ''),
  'read its program': () => readFileSync(app + '/package.json'),
  'write to its program': () => writeFileSync(app + '/probe', ''),
  'read a file beside its folder': () => readFileSync(other),
  'write to a file beside its folder': () => writeFileSync(other, ''),
  'list the root': () => readdirSync('/'),
  'read the passwords': () => readFileSync('/etc/passwd'),
  'make a link to outside': () => symlinkSync('/etc', own + '/link'),
  'start a program': () => { const { error } = spawnSync(process.execPath, ['--version']); if (error) throw error },
  'open the inspector': () => require('node:inspector').open(0),
  'run WASI': () => new (require('node:wasi').WASI)({ version: 'preview1' }),
}
const seen = {}
for (const [name, act] of Object.entries(tries))
  try { act(); seen[name] = 'done' } catch (error) { seen[name] = error.code }
const worker = new Worker("require('node:worker_threads').parentPort.postMessage((() => { try { require('node:fs').readFileSync('/etc/passwd'); return 'done' } catch (error) { return error.code } })())", { eval: true })
worker.once('message', code => process.stdout.write(JSON.stringify({ ...seen, 'read the passwords in a thread': code })))
`

const denied = 'ERR_ACCESS_DENIED'

t.test(
  'confinement: under the options of a running appliance nothing but its own files can be had, and no program started',
  { skip: process.platform === 'linux' ? false : 'needs /proc' },
  async t => {
    const folder = await makeFolder(t, testPolicy(9))
    const other = join(folder.root, '..', 'other')
    writeFileSync(other, 'of somebody else')
    const { child, stop } = await startProcess(t, folder)
    const { document } = await callControl(folder.control, 'GET /status')
    t.match(document, { confinement: { isConfined: true, childProcesses: false, allFiles: false } }, 'says the process')
    // what the process was really started with, up to its program
    const [node = '', ...args] = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0')
    const options = args.slice(
      0,
      args.findIndex(arg => arg.endsWith('/cli/main.ts')),
    )
    t.ok(options.includes('--permission'))
    await stop('SIGTERM')
    const app = join(import.meta.dirname, '..', '..')
    const env = { PROBED: JSON.stringify([folder.root, other, app]) }
    // tap has every process load its own modules, which need what is taken away here
    const command = ['-u', 'NODE_OPTIONS', node, ...options, '--eval', probe]
    const { stdout } = await promisify(execFile)('env', command, { env })
    t.strictSame(JSON.parse(stdout), {
      'read its own folder': 'done',
      'write to its own folder': 'done',
      'read its program': 'done',
      'write to its program': denied,
      'read a file beside its folder': denied,
      'write to a file beside its folder': denied,
      'list the root': denied,
      'read the passwords': denied,
      'make a link to outside': denied,
      'start a program': denied,
      'open the inspector': denied,
      'run WASI': denied,
      'read the passwords in a thread': denied,
    })
    t.equal(readFileSync(other, 'utf8'), 'of somebody else')
    t.notOk(existsSync(join(app, 'probe')))
  },
)

t.test('confinement: the policy may be in a folder of its own, as in a container', async t => {
  const folder = await makeFolder(t, testPolicy(9))
  const elsewhere = join(folder.root, '..', 'policy')
  mkdirSync(elsewhere)
  for (const file of ['policy.yaml', 'vendor-ca.pem']) renameSync(join(folder.root, file), join(elsewhere, file))
  writeFileSync(folder.settings, writeSettings({ ...readSettings(folder), policy: '../policy/policy.yaml' }))
  const { stop } = await startProcess(t, folder)
  const { document } = await callControl(folder.control, 'GET /status')
  t.match(document, { confinement: { isConfined: true } })
  t.equal(await stop('SIGTERM'), 0)
})

t.test('confinement: a process without it says so', async t => {
  t.strictSame(confinement(), { isConfined: false, childProcesses: true, allFiles: true })
})
