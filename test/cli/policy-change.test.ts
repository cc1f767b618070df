import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import t from 'tap'
import { blocksOf, commandsIn, matches, normalize } from '../kit/console-page.ts'
import { serving } from '../kit/serving.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'policy-change.md'), 'utf8')

const blocks = blocksOf(page)

// A short path, because a Unix socket takes no long one.
const lab = mkdtempSync(join(tmpdir(), 'sluice-'))
const data = join(lab, 'sluice-data')
t.teardown(() => rmSync(lab, { recursive: true, force: true }))

const bin = join(lab, 'bin')
mkdirSync(bin)
writeFileSync(join(bin, 'sluice'), `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'cli', 'main.ts')}" "$@"\n`)
chmodSync(join(bin, 'sluice'), 0o755)

const shell = (command: string): { text: string; code: number | null } => {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, SLUICE_DATA: 'sluice-data' }
  const { stdout, status } = spawnSync('sh', ['-c', `{ ${command}; } 2>&1`], { cwd: lab, env, encoding: 'utf8' })
  return { text: stdout, code: status }
}

const post = (port: number, localAddress: string, body: object): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const ca = readFileSync(join(data, 'ca', 'authority.pem'))
    const headers = { 'content-type': 'application/json' }
    const options = { host: '127.0.0.1', port, path: '/v1/chiller', method: 'POST', localAddress, ca, headers }
    const outgoing = request({ ...options, agent: false }, answer => {
      answer.resume().once('end', () => resolve(answer.statusCode))
    })
    outgoing.once('error', reject)
    outgoing.end(JSON.stringify(body))
  })

/** What the two instruments send after the update; one of them once with an operator's address in it. */
const payloads = Array.from({ length: 24 }, (_, index) => ({
  instrument: index % 2 === 0 ? 'A00187' : 'A00188',
  celsius: 3.8 + Math.floor(index / 4) / 10,
  state: index % 3 === 0 ? 'Idle' : 'Cooling',
  pumpHours: 1418 + index * 3,
  ...(index === 20 && { operator: 'jane.doe@example.org' }),
}))

const placeholder = '019aa0f2-7d1c-7abc-9def-0123456789ab'

const writeNamed = (text: string): void => {
  const [heading = '', ...lines] = text.split('\n')
  writeFileSync(join(lab, heading.replace(/^(?:#|\/\/) /, '')), lines.join('\n'))
}

t.test(
  'P4: docs/policy-change.md: every command does what the page shows, and every look at a payload is recorded',
  async t => {
    const names = ['--instrument', 'novaseq-01=127.0.0.1', '--destination', 'telemetry.vendor.example']
    t.equal(shell(`sluice init --listen 127.0.0.1:0 ${names.join(' ')}`).code, 0)
    // What stands before the first command is there when the appliance starts; later files are written when the page comes to them.
    const first = blocks.findIndex(({ kind }) => kind === 'console')
    for (const { text } of blocks.slice(0, first)) writeNamed(text)
    const started = await serving(['--json', '--data', data], /"ready"/)
    const { port } = JSON.parse(started.line) as { port: number }
    const sendAll = async (): Promise<void> => {
      for (const [index, payload] of payloads.entries())
        t.equal(await post(port, index % 2 === 0 ? '127.0.0.1' : '127.0.0.2', payload), 403)
    }
    await sendAll()
    const held = shell('sluice blocked list --json').text.trim().split('\n')
    const { decision } = JSON.parse(held[0]!) as { decision: string }
    for (const { kind, text } of blocks.slice(first)) {
      if (kind !== 'console') writeNamed(text)
      else
        for (const { command, expected } of commandsIn(text)) {
          const { text: output } = shell(command.replace(placeholder, decision))
          const printed = normalize(output.replaceAll(decision, placeholder))
          if (!matches(printed, normalize(expected))) t.same(printed, normalize(expected), command)
          else t.pass(command)
          // The instruments go on sending while the new route is on trial: all of it is blocked.
          if (command.endsWith('trial.yaml')) await sendAll()
        }
    }
    const looks = shell(`sluice log show ${decision} --json`).text.match(/review\.(?:open|read)/g)
    t.same(looks, ['review.open', 'review.open', 'review.read', 'review.open'], 'every look is recorded')
    t.equal(await post(port, '127.0.0.2', payloads[1]!), 502, 'it is let through, to a vendor that is not there')
    t.equal(await started.stop(), 0)
  },
)
