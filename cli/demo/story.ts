import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import Database from 'better-sqlite3'
import { parseDocument } from 'yaml'
import { createAuthority } from '../../certs/authority.ts'
import { logFiles } from '../../log/log-files.ts'
import { dataFolder } from '../../proxy/data-folder.ts'
import { canonicalize, type JsonValue } from '../../rules/canonical.ts'
import { calledAs } from '../called-as.ts'
import { exitCodes } from '../exit-codes.ts'
import { line } from '../terminal/print.ts'
import { Child, run, runSluice, showSluice, startSluice } from './child.ts'
import { attempts, samplePath, widenedSchema, type Attempt } from './payloads.ts'

const VENDOR = 'telemetry.vendor.test'

type Problem = {
  readonly code: string
  readonly decision: string
  readonly reasons?: readonly { readonly detector?: string }[]
}
type Received = { readonly path: string; readonly body: string; readonly headers: Record<string, string> }
type Row = { readonly id: string; readonly verdict: string }

/** A step of the demo that did not happen. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}

const must = (condition: boolean, what: string): void => {
  if (!condition) throw new DemoError(what)
  line(`  ✓ ${what}`)
}

const chapter = (title: string): void => line(`\n${title}`)

/**
 * Plays the story in real processes: a vendor, the appliance, an instrument, and the people who look at what happened.
 * @param root - empty folder, with a short path because of the control socket
 * @throws DemoError at the first step that does not happen
 */
export const playStory = async (root: string): Promise<void> => {
  const story = new Story(root)
  try {
    await story.play()
  } finally {
    await story.end()
  }
}

/**
 * Runs the vendor and the appliance of the story until a signal comes, and says how they are tried.
 * @param root - empty folder
 * @param name - of the folder, for the commands that are shown
 * @throws DemoError when they do not start
 */
export const stageStory = async (root: string, name: string, listen: string): Promise<void> => {
  const story = new Story(root, listen)
  const ended = new Promise(resolve => process.once('SIGINT', resolve).once('SIGTERM', resolve))
  try {
    await story.stage(name)
    await ended
  } finally {
    await story.end()
  }
}

class Story {
  readonly #root: string
  readonly #data: string
  readonly #listen: string
  #vendor: Child | null = null
  #vendorPort = 0
  #appliance: Child | null = null

  constructor(root: string, listen = '127.0.0.1:0') {
    this.#root = root
    this.#listen = listen
    this.#data = join(root, 'data')
  }

  async play(): Promise<void> {
    chapter('A vendor, and an appliance whose policy names it')
    const { vendor, appliance } = await this.#setUp()
    chapter('An instrument sends five payloads through the appliance')
    const blocked: string[] = []
    for (const attempt of attempts) blocked.push(...(await this.#attempt(attempt, appliance)))
    this.#compareWithVendor(vendor)
    chapter('The security team reads the decisions')
    await this.#show(['log', 'list'])
    must((await this.#rows()).length === attempts.length, 'there is one decision for each request')
    chapter('A reviewer looks at a blocked payload: its structure, not its values')
    await this.#show(['blocked', 'show', blocked[1]!])
    chapter('The lab comes to allow the new field, and sends that payload again')
    await this.#allowField()
    await this.#replay(vendor, blocked[0]!)
    chapter('The security team verifies the log, then somebody tampers with it')
    await this.#show(['log', 'verify'])
    must((await this.#appliance?.stop()) === 0, 'the appliance stops cleanly')
    await this.#tamper()
  }

  /** @param name - of the folder, seen from where commands are typed */
  async stage(name: string): Promise<void> {
    chapter('A vendor, and an appliance whose policy names it')
    const { appliance } = await this.#setUp()
    const ca = `--cacert ${name}/data/ca/authority.pem`
    const post = `curl ${ca} https://127.0.0.1:${appliance}/proactive/v1/run-status -H 'content-type: application/json'`
    chapter('Try it in another terminal')
    line(`  ${post} -d @${relative(process.cwd(), samplePath('run-status', 'novaseq-x'))}   (passes)`)
    line(`  ${post} -d '{"note":"ACGTTGCAACGTGCAT"}'   (is blocked)`)
    line(`  ${calledAs} log list --data ${name}/data`)
    line('\nCtrl-C ends it and removes what it made.')
  }

  async end(): Promise<void> {
    await Promise.all([this.#vendor?.stop(), this.#appliance?.stop()])
  }

  async #setUp(): Promise<{ readonly vendor: Child; readonly appliance: number }> {
    const certificates = await this.#vendorCertificate()
    const vendor = new Child(join(import.meta.dirname, 'vendor.ts'), [certificates.cert, certificates.key])
    this.#vendor = vendor
    const { port } = await vendor.wait<{ readonly port: number }>('listening')
    this.#vendorPort = port
    const flags = ['--listen', this.#listen, '--instrument', 'novaseq-01=127.0.0.1', '--destination', VENDOR]
    must(
      (await runSluice(['init', '--data', this.#data, ...flags])).status === 0,
      'sluice init has made the data folder',
    )
    this.#editPolicy(policy => {
      // No DNS in a demo: the policy says where the vendor is, and on which port.
      policy.setIn(['destinations', 0, 'addresses'], ['127.0.0.1'])
      policy.setIn(['destinations', 0, 'port'], port)
      policy.setIn(['destinations', 0, 'ca'], certificates.ca)
    })
    return { vendor, appliance: await this.#start() }
  }

  async #vendorCertificate(): Promise<{ readonly ca: string; readonly cert: string; readonly key: string }> {
    const authority = await createAuthority(join(this.#root, 'vendor-ca'), { dns: [VENDOR], addresses: [] })
    const leaf = authority.issue([VENDOR])
    const [ca, cert, key] = ['ca.pem', 'vendor.pem', 'vendor.key'].map(name => join(this.#root, name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(ca, authority.certificatePem)
    writeFileSync(cert, leaf.certificatePem)
    writeFileSync(key, leaf.privateKeyPem, { mode: 0o600 })
    return { ca, cert, key }
  }

  async #start(): Promise<number> {
    this.#appliance = startSluice(['serve', '--json', '--data', this.#data])
    const { port } = await this.#appliance.wait<{ readonly port: number }>('ready')
    must(port > 0, `the appliance listens on 127.0.0.1 port ${port}`)
    return port
  }

  #editPolicy(edit: (policy: ReturnType<typeof parseDocument>) => void): void {
    const file = join(this.#data, 'policy.yaml')
    const policy = parseDocument(readFileSync(file, 'utf8'))
    edit(policy)
    writeFileSync(file, policy.toString())
  }

  /** Sends one payload, and checks that it ended as it has to. Gives the id of the decision if it was blocked. */
  async #attempt({ title, kind, body, expected }: Attempt, port: number): Promise<readonly string[]> {
    const ca = join(dataFolder(this.#data).authority, 'authority.pem')
    const url = `https://${VENDOR}:${this.#vendorPort}/proactive/v1/${kind}`
    const { stdout } = await run(join(import.meta.dirname, 'instrument.ts'), [String(port), ca, url], body)
    const answer = JSON.parse(stdout) as { readonly status: number; readonly body: string }
    if (expected === null) {
      must(answer.status === 200, `${title}: passes, the vendor answers 200`)
      return []
    }
    const problem = JSON.parse(answer.body) as Problem
    const found = (problem.reasons ?? []).flatMap(({ detector }) => detector ?? [])
    const isAsExpected = expected.detector === null ? found.length === 0 : found.includes(expected.detector)
    const why = [problem.code, ...new Set(found)].join(', ')
    must(answer.status === 403 && problem.code === expected.reason && isAsExpected, `${title}: blocked (${why})`)
    return [problem.decision]
  }

  #compareWithVendor(vendor: Child): void {
    const received = vendor.reported<Received>('request')
    const allowed = attempts.filter(({ expected }) => expected === null)
    must(received.length === allowed.length, `of ${attempts.length} requests, ${allowed.length} reached the vendor`)
    const canonical = canonicalize(JSON.parse(allowed[0]!.body) as JsonValue)
    must(
      received[0]!.body === canonical,
      'what the vendor got is, byte for byte, the canonical form of what was inspected',
    )
    must(received[0]!.headers['user-agent'] === undefined, 'no header came with it that the policy does not name')
  }

  async #rows(): Promise<readonly Row[]> {
    const { stdout } = await runSluice(['log', 'list', '--json', '--data', this.#data])
    return stdout
      .trim()
      .split('\n')
      .map(text => JSON.parse(text) as Row)
  }

  async #show(command: readonly string[], expected = 0): Promise<void> {
    const status = await showSluice([...command, '--data', this.#data])
    must(status === expected, `sluice ${command.slice(0, 2).join(' ')} ends with exit code ${expected}`)
  }

  async #allowField(): Promise<void> {
    const folder = join(this.#data, 'schemas')
    mkdirSync(folder)
    writeFileSync(join(folder, 'run-performance.json'), widenedSchema())
    this.#editPolicy(policy => policy.setIn(['routes', 1, 'body', 'schema'], 'schemas/run-performance.json'))
    await this.#show(['rules', 'activate'])
  }

  async #replay(vendor: Child, id: string): Promise<void> {
    const before = vendor.reported('request').length
    await this.#show(['blocked', 'replay', id, '--because', 'the schema knows the field now'])
    const received = vendor.reported<Received>('request')
    must(received.length === before + 1, 'the replayed payload has reached the vendor, with a decision of its own')
  }

  /** As somebody with the disk in hand would: past the triggers, straight in the file. */
  async #tamper(): Promise<void> {
    const database = new Database(logFiles(dataFolder(this.#data).log).database)
    const triggers = database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").pluck().all() as string[]
    for (const name of triggers) database.exec(`DROP TRIGGER "${name}"`)
    const changed = database
      .prepare(
        'UPDATE record SET body = replace(body, \'"block"\', \'"forward"\') WHERE body LIKE \'%"verdict":"block"%\'',
      )
      .run()
    database.close()
    must(changed.changes > 0, `${changed.changes} records now say "forward" where they said "block"`)
    await this.#show(['log', 'verify'], exitCodes.tampering)
  }
}
