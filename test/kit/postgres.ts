import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'

/** The part of a tap test that this needs. */
type Test = { readonly teardown: (done: () => Promise<unknown> | void) => void }

/** Where Debian keeps the programs of the server, or where the path has them. */
const programs = globSync('/usr/lib/postgresql/*/bin').sort().at(-1) ?? ''
const program = (name: string): string => join(programs, name)

export const hasPostgres = spawnSync(program('postgres'), ['--version']).status === 0

export type Postgres = {
  /** Makes a database. @returns its address, by the socket */
  readonly database: (name: string) => Promise<string>
}

/** PostgreSQL does not run as root: then as the user that Debian made for it, or as nobody. */
const user = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string): number => {
    const { stdout, status } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' })
    return status === 0 ? Number(stdout) : 65_534
  }
  return { uid: idOf('-u'), gid: idOf('-g') }
}

/**
 * A real PostgreSQL of its own, gone again after the test: it listens on a Unix socket in a folder that only its user can enter, and on no port.
 * @param settings - further settings of the server, such as `fsync=off` where nothing is measured
 */
export const startPostgres = async (t: Test, settings: readonly string[] = ['fsync=off']): Promise<Postgres> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pg-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const own = user()
  if (own.uid !== undefined) chownSync(folder, own.uid, own.gid!)
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  const options = { ...own, cwd: folder, env: { PATH: process.env.PATH } }
  const made = spawnSync(
    program('initdb'),
    ['-D', data, '-U', 'sluice', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    { ...options, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const flags = ['listen_addresses=', `unix_socket_directories=${folder}`, 'shared_buffers=128MB', ...settings]
  const server = spawn(program('postgres'), ['-D', data, ...flags.flatMap(flag => ['-c', flag])], options)
  let printed = ''
  server.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const ended = once(server, 'close')
  t.teardown(async () => {
    server.kill('SIGINT')
    await ended
  })
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', () => printed.includes('ready to accept connections') && resolve())
    void ended.then(() => reject(new Error(`PostgreSQL ended: ${printed}`)))
  })
  const addressOf = (name: string): string => `postgresql:///${name}?host=${encodeURIComponent(folder)}&user=sluice`
  return {
    database: async name => {
      const client = new Client({ connectionString: addressOf('postgres') })
      await client.connect()
      await client.query(`CREATE DATABASE ${name}`)
      await client.end()
      return addressOf(name)
    },
  }
}
