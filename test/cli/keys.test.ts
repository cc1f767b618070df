import { spawn, spawnSync } from 'node:child_process'
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openLogReader } from '../../log/reading/query.ts'
import { createReviewer, openReviewerKey } from '../../log/review/reviewer-key.ts'
import { fingerprintOf, loadReviewer } from '../../log/review/reviewer.ts'
import { open, seal } from '../../log/held/seal.ts'
import { openJournal } from '../../log/writing/journal.ts'
import { verifyLog } from '../../log/verify/verify.ts'
import { dataFolder } from '../../proxy/data-folder.ts'
import { postJson, sendRaw } from '../kit/raw-client.ts'
import { sluice } from '../kit/sluice.ts'
import { until } from '../kit/until.ts'
import { blockOf } from '../log/samples.ts'

const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')
const read = 'GATTACAGATTACACCGTTAGCATGCAT'
const hasStrace = spawnSync('strace', ['-V']).status === 0
const passphrase = 'four words made up'
/** scrypt at a cost that suits a test. */
const protection = { passphrase, workFactor: 8 }

// A short path, because a Unix socket takes no long one.
const root = mkdtempSync(join(tmpdir(), 'sluice-'))
t.teardown(() => rmSync(root, { recursive: true, force: true }))
const folder = dataFolder(join(root, 'data'))
const people = join(root, 'people')
const [newer, latest] = [join(root, 'newer'), join(root, 'latest')]
const passphraseFile = join(root, 'passphrase')
for (const place of [people, newer, latest]) mkdirSync(place)
writeFileSync(passphraseFile, `${passphrase}\n`)
for (const name of ['ada', 'grace']) await createReviewer(people, name, protection)
for (const place of [newer, latest]) await createReviewer(place, 'ada', protection)

const keys = (...args: string[]) => sluice(['keys', 'reviewer', ...args, '--data', folder.root])

type Listed = { readonly name: string; readonly state: string; readonly fingerprint: string; readonly held: number }

/** `name state payloads` of each key. */
const listed = async (): Promise<readonly string[]> => {
  const { stdout } = await keys('list', '--json')
  const rows = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Listed)
  return rows.map(({ name, state, held }) => `${name} ${state} ${held}`)
}

const openingKey = async (place: string, name: string) =>
  (await openReviewerKey(join(place, `${name}.key`), () => passphrase)).key

const openHeld = async (id: string, place: string, name: string): Promise<Buffer> => {
  const reader = openLogReader(folder.log)
  try {
    return Buffer.from(await open(reader.heldGet(id)!, id, await openingKey(place, name)))
  } finally {
    reader.close()
  }
}

/** Fingerprints of the keys that open a payload. */
const recipientsOf = (id: string): readonly string[] => {
  const reader = openLogReader(folder.log)
  try {
    return reader.heldGet(id)!.recipients.map(({ fingerprint }) => fingerprint)
  } finally {
    reader.close()
  }
}

t.test(
  'keys reviewer new: on a terminal the passphrase is asked for twice and not shown; without one nothing is asked',
  async t => {
    const session = `sluice-keys-${process.pid}`
    const tmux = (...args: string[]) => spawnSync('tmux', ['-L', session, ...args], { encoding: 'utf8' })
    if (tmux('-V').status !== 0) return t.comment('skipped: tmux is not installed')
    t.teardown(() => tmux('kill-server'))
    const command = `'${process.execPath}' '${main}' keys reviewer new lin -o '${people}'; echo ended $?`
    tmux('new-session', '-d', '-x', '200', '-y', '30', command.concat('; sleep 60'))
    const screen = () => tmux('capture-pane', '-p').stdout
    const type = (text: string) => tmux('send-keys', '-l', text)
    const enter = () => tmux('send-keys', 'Enter')
    await until(() => screen().includes('Passphrase of lin.key'))
    type(passphrase)
    t.notMatch(screen(), passphrase)
    enter()
    await until(() => screen().includes('The same again'))
    type(passphrase)
    enter()
    await until(() => screen().includes('ended'))
    t.match(screen(), /signs with[^]*ended 0/)
    t.notMatch(screen(), passphrase)
    const { publicFile, privateFile } = { publicFile: join(people, 'lin.pub'), privateFile: join(people, 'lin.key') }
    t.equal(statSync(privateFile).mode & 0o777, 0o600)
    t.equal((await openReviewerKey(privateFile, () => passphrase)).fingerprint, loadReviewer(publicFile).fingerprint)

    const refused = await sluice(['keys', 'reviewer', 'new', 'eve', '-o', people])
    t.match(refused, {
      code: 4,
      stdout: '',
      stderr: /^sluice: error: .*no terminal.*\nsluice: hint: .*--passphrase-file.*\n$/,
    })
    t.notOk(readdirSync(people).includes('eve.key'))
  },
)

type Child = { readonly port: number; readonly stop: () => Promise<void> }

/** Starts the appliance, under strace where there is one, and notes the files that it opens. */
const serve = async (trace: string): Promise<Child> => {
  const program = [process.execPath, main, 'serve', '--json', '--data', folder.root]
  const [command = '', ...args] = hasStrace
    ? ['strace', '-f', '--seccomp-bpf', '-e', 'trace=open,openat', '-o', trace, ...program]
    : program
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const ready = () => printed.split('\n').find(line => line.includes('"kind":"ready"'))
  await until(() => ready() !== undefined)
  const children = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
  const pid = hasStrace ? Number(children()[0]) : child.pid!
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) process.kill(pid, 'SIGTERM')
    await ended
  }
  return { port: (JSON.parse(ready()!) as { port: number }).port, stop }
}

const filesUnder = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

/** Every 32 octets in a row of a small file, and of what its PEM blocks hold, as X25519 private keys. */
const keysHiddenIn = function* (file: string): Generator<KeyObject> {
  const bytes = readFileSync(file)
  const blocks = bytes.toString('latin1').matchAll(/-----BEGIN [^-]+-----([^-]+)-----END/g)
  const texts = [bytes, ...[...blocks].map(([, body = '']) => Buffer.from(body, 'base64'))]
  for (const text of texts.filter(({ length }) => length <= 1_024))
    for (let at = 0; at + 32 <= text.length; at++) yield x25519(text.subarray(at, at + 32))
}

const x25519 = (octets: Uint8Array): KeyObject => {
  const prefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([prefix, octets]), format: 'der', type: 'pkcs8' })
}

const send = async (port: number, fields: Readonly<Record<string, string>> = {}): Promise<string> => {
  const caFile = join(folder.authority, 'authority.pem')
  const appliance = { port, caFile, ca: readFileSync(caFile, 'utf8') }
  const request = postJson('/proactive/v1/run-status', `{"note":"${read}"}`, fields)
  const answer = await sendRaw(appliance, request)
  return answer.fields['sluice-decision']!
}

const secrets = {
  Authorization: 'Bearer made.up.secret',
  Cookie: 'session=made-up-secret',
  'Proxy-Authorization': 'Basic made-up-secret',
  'X-Api-Key': 'made-up-secret',
  'X-Auth-Token': 'made-up-secret',
  'X-Amz-Security-Token': 'made-up-secret',
}

t.test('P4: nothing that the serving process has opens what it sealed, and it reads no key of a reviewer', async t => {
  const flags = ['--listen', '127.0.0.1:0', '--name', 'appliance.test', '--reviewer', join(people, 'ada.pub')]
  const made = await sluice(['init', '--data', folder.root, ...flags])
  t.equal(made.code, 0, made.stderr)
  t.same(readdirSync(folder.reviewers), ['ada.pub'], 'with a reviewer from elsewhere no key is made here')
  // left behind by somebody; in the clear, and of nobody to whom payloads are sealed
  renameSync((await createReviewer(people, 'eve')).privateFile, join(folder.reviewers, 'eve.key'))
  const trace = join(root, 'trace')
  const appliance = await serve(trace)
  t.teardown(() => appliance.stop())

  const id = await send(appliance.port, secrets)
  const files = filesUnder(folder.root)
  t.ok(files.length >= 10, `${files.length} files`)
  for (const file of files) t.notMatch(readFileSync(file, 'latin1'), /GATTACA|made.up.secret/, file)
  const octets = await openHeld(id, people, 'ada')
  t.ok(octets.includes(read))
  t.notMatch(octets.toString('latin1'), /made.up.secret|authorization|cookie|api-key|token/i, 'not even under the seal')

  const { fingerprint } = loadReviewer(join(people, 'ada.pub'))
  let tried = 0
  for (const file of files)
    for (const key of keysHiddenIn(file)) {
      tried++
      if (fingerprintOf(key) === fingerprint) t.fail(`${file} holds the private key`)
    }
  t.ok(tried > 500, `${tried} keys tried`)
  const eve = await openReviewerKey(join(folder.reviewers, 'eve.key'), () => '')
  t.notMatch(recipientsOf(id), [eve.fingerprint])

  t.equal((await keys('add', join(people, 'grace.pub'))).code, 0)
  const forBoth = await send(appliance.port)
  t.equal((await keys('retire', 'grace')).code, 0)
  const forAda = await send(appliance.port)
  t.ok((await openHeld(forBoth, people, 'grace')).includes(read), 'a key that was added is used without a restart')
  await t.rejects(
    openHeld(forAda, people, 'grace'),
    { code: 'ERR_SEAL_NOT_RECIPIENT' },
    'and one that was retired no more',
  )
  t.equal((await keys('retire', 'ada')).code, 5, 'the last one stays')

  const rotate = ['rotate', 'ada', '--new', join(newer, 'ada.pub'), '--passphrase-file', passphraseFile]
  t.equal((await keys(...rotate, '--key', join(people, 'grace.key'))).code, 5, 'with a key of somebody else')
  const rotated = await keys(...rotate, '--key', join(people, 'ada.key'), '--json')
  t.match(JSON.parse(rotated.stdout), { resealed: 3, broken: 0, isRunning: true })
  t.ok((await openHeld(id, newer, 'ada')).includes(read))
  await t.rejects(openHeld(id, people, 'ada'), { code: 'ERR_SEAL_NOT_RECIPIENT' })
  t.ok((await openHeld(await send(appliance.port), newer, 'ada')).includes(read))
  t.same(await listed(), ['ada active 4', 'ada retired 0', 'grace retired 1'])

  await appliance.stop()
  if (!hasStrace) return t.comment('strace is not installed: what the process opens was not looked at')
  const opened = [...readFileSync(trace, 'utf8').matchAll(/open(?:at)?\((?:AT_FDCWD, )?"([^"]*\.key)"/g)].map(
    ([, file = '']) => file,
  )
  const own = [
    join(folder.authority, 'authority.key'),
    // looked for only: there is none outside of a rotation
    join(folder.authority, 'successor.key'),
    join(folder.log, 'checkpoint.key'),
    join(folder.log, 'digest.key'),
    // of what waits to be sent, and of nothing that was blocked
    join(folder.root, 'spool.key'),
  ]
  t.same([...new Set(opened)].sort(), own.sort(), 'the keys of the CA, of the log and of the spool, and no other')
})

t.test('P4: a rotation that was killed goes on where it was, and loses no payload', async t => {
  const journal = await openJournal({ directory: folder.log })
  const reviewers = [loadReviewer(join(newer, 'ada.pub'))]
  const blocks = Array.from({ length: 500 }, () => blockOf({ held: true }))
  await Promise.all(
    blocks.map(async block => journal.append(block, await seal(reviewers, block.id, Buffer.from(read)))),
  )
  await journal.close()
  const [old, next] = [loadReviewer(join(newer, 'ada.pub')), loadReviewer(join(latest, 'ada.pub'))]
  const rotate = [
    'keys',
    'reviewer',
    'rotate',
    'ada',
    '--new',
    join(latest, 'ada.pub'),
    '--key',
    join(newer, 'ada.key'),
  ]
  const args = [...rotate, '--passphrase-file', passphraseFile, '--data', folder.root]

  const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
  const ended = once(child, 'close')
  const reader = openLogReader(folder.log)
  t.teardown(() => reader.close())
  await until(() => reader.heldByKey().has(next.fingerprint))
  child.kill('SIGKILL')
  await ended
  const [left, done] = [old, next].map(({ fingerprint }) => reader.heldByKey().get(fingerprint) ?? 0)
  t.ok(left! > 0 && done! > 0, `killed after ${done}, before ${left}`)
  t.equal(left! + done!, 504)

  const again = await sluice([...args, '--json'])
  t.match(JSON.parse(again.stdout), { resealed: left, broken: 0, isRunning: false })
  t.same(reader.heldByKey().get(old.fingerprint), undefined)
  t.equal(reader.heldByKey().get(next.fingerprint), 504)
  const key = await openingKey(latest, 'ada')
  for (const { id } of blocks) await open(reader.heldGet(id)!, id, key)
  const told = reader
    .reviewerKeys()
    .filter(({ action, fingerprint }) => action === 'reseal' && fingerprint === next.fingerprint)
  t.equal(
    told.reduce((sum, { resealed }) => sum + resealed, 0),
    504,
    'and each is on record once',
  )
  t.match(await verifyLog(folder.log, { deep: true }), { kind: 'intact' })
})
