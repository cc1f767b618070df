import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { typedIn } from './typed.ts'

const root = join(import.meta.dirname, '..', '..')
const scratch = mkdtempSync(join(tmpdir(), 'sluice-'))
t.teardown(() => rmSync(scratch, { recursive: true, force: true }))

const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }
const type = (command: string, cwd: string): { readonly code: number | null; readonly text: string } => {
  const { status, stdout } = spawnSync('bash', ['-c', `{ ${command}; } 2>&1`], { cwd, env, encoding: 'utf8' })
  return { code: status, text: stdout }
}

const missing = ['systemd-sysusers', 'systemctl', 'systemd-analyze'].filter(
  tool => spawnSync(tool, ['--version']).error,
)

/** What stands for the machine: its folders below a scratch one, whoever runs the test for the new user, and the packages that are there. */
const adapted = (command: string): string =>
  command
    .replaceAll(/(?<=^|\s)\/(opt|etc|usr|var)\//g, `${scratch}/$1/`)
    .replace('npm ci --omit=dev --ignore-scripts', `ln -s '${root}/node_modules'`)
    // The image is built with the same command, and looked into (test/image-test.sh).
    .replace(/^npm pkg delete .*/, 'true')
    .replace('&& systemd-sysusers', `&& systemd-sysusers --root=${scratch}`)
    .replace('-o sluice -g sluice', `-o ${process.getuid!()} -g ${process.getgid!()}`)
    .replace('sluice:sluice', `${process.getuid!()}:${process.getgid!()}`)
    .replace('systemctl enable --now', `systemctl --root=${scratch} enable`)
    .replace('runuser -u sluice -- ', '')

t.test(
  'deployment: without Docker, each command of the page does what it says',
  { skip: missing.join(', ') && `no ${missing.join(', ')} here` },
  t => {
    // prettier-ignore
    const commands = typedIn('docs/deployment.md', '## Without Docker')
    t.ok(commands.length > 9, 'there were commands')
    mkdirSync(join(scratch, 'etc'))
    let cwd = root
    let text = ''
    for (const command of commands) {
      const isDoctor = command.endsWith('doctor --data /var/lib/sluice')
      const result = type(adapted(command), cwd)
      text = result.text
      t.equal(result.code, isDoctor ? 8 : 0, `${command}: ${text}`)
      const [, entered] = /^cd (\S+) /.exec(adapted(command)) ?? []
      cwd = entered ?? cwd
    }
    const at = (path: string): string => join(scratch, path)
    t.match(readFileSync(at('etc/passwd'), 'utf8'), /^sluice:.*:\/var\/lib\/sluice:\/usr\/sbin\/nologin$/m)
    t.ok(existsSync(at('etc/systemd/system/multi-user.target.wants')), 'it starts with the machine')
    t.equal(statSync(at('var/lib/sluice')).mode & 0o777, 0o700)
    t.match(parse(readFileSync(at('var/lib/sluice/appliance.yaml'), 'utf8')), {
      listen: '10.77.1.10:8443',
      policy: at('etc/sluice/policy.yaml'),
    })
    t.match(parse(readFileSync(at('etc/sluice/policy.yaml'), 'utf8')), { instruments: [{ id: 'novaseq-01' }] })
    t.match(text, /✗ listen address: this machine has no address 10\.77\.1\.10\n/, 'the doctor has looked at it')
    t.end()
  },
)

t.test('deployment: with Docker, the command that writes .env writes what the page shows', t => {
  const [init = ''] = typedIn('docs/deployment.md', '## With Docker')
  const { code, text } = type(`${init} --env-to '${join(scratch, '.env')}'`, root)
  t.equal(code, 0, text)
  const written = readFileSync(join(scratch, '.env'), 'utf8').replaceAll(/^#.*\n/gm, '')
  t.ok(readFileSync(join(root, 'docs', 'deployment.md'), 'utf8').includes(`\n${written}\`\`\``), 'line by line')
  const setup = typedIn('docs/deployment.md', '## With Docker').find(line => line.includes(' setup '))!
  t.match(text, 'docker compose run --rm setup', 'and prints the next one')
  for (const command of typedIn('docs/deployment.md', '## With Docker').filter(line =>
    /^(?:sudo|docker compose) /.test(line),
  ))
    t.ok(command === setup || command.endsWith(' sluice status') || text.includes(command), command)
  t.end()
})

t.test('instruments: nft takes the rules of the page', async t => {
  if (spawnSync('nft', ['--version']).error || process.getuid!() !== 0) return t.comment('skipped: no nft, or not root')
  const page = readFileSync(join(root, 'docs', 'instruments.md'), 'utf8')
  const [, rules = ''] = /^```nft\n(.*?)^```$/ms.exec(page) ?? []
  const { status, stderr } = spawnSync('nft', ['-c', '-f', '-'], { input: rules, encoding: 'utf8' })
  t.ok(status === 0 || /Operation not permitted/.test(stderr), stderr)
})
