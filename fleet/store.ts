import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, DatabaseError } from 'pg'
import { FleetError } from './fleet-error.ts'

/** A connection to the store of a fleet. One thing at a time. */
export type FleetStore = {
  readonly rows: <Row>(sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>
  /** @returns how many rows the statement changed */
  readonly change: (sql: string, values?: readonly unknown[]) => Promise<number>
  /** All of it or nothing; `still` reads at one moment and changes nothing. */
  readonly transaction: <Result>(mode: 'write' | 'still', act: () => Promise<Result>) => Promise<Result>
  readonly close: () => Promise<void>
}

const VERSION = 'sluice fleet store, version 1'

/** What may be spoken to in the clear: a socket of this machine, or its own addresses. */
const isHere = (host: string): boolean =>
  host === '' || host.startsWith('/') || /^(localhost|127\.[\d.]+|\[?::1\]?)$/.test(host)

/**
 * Checks the address of a store before anything is sent there.
 * @throws FleetError `ERR_FLEET_ADDRESS`, `ERR_FLEET_CLEAR`
 */
export const requireAddress = (address: string): string => {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null || !['postgresql:', 'postgres:'].includes(url.protocol))
    throw new FleetError('ERR_FLEET_ADDRESS', 'this is not the address of a PostgreSQL database')
  if (url.password !== '' || url.searchParams.has('password'))
    throw new FleetError(
      'ERR_FLEET_ADDRESS',
      'the address has a password in it, which every user of this machine could see',
    )
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname)
  if (!isHere(host) && url.searchParams.get('sslmode') !== 'verify-full')
    throw new FleetError('ERR_FLEET_CLEAR', `the connection to ${host} would not be verified and encrypted`)
  return address
}

/**
 * Opens a database, whatever is in it.
 * @throws FleetError (as a rejection) as `requireAddress`; `ERR_FLEET_UNREACHABLE`
 */
export const openDatabase = async (address: string): Promise<FleetStore> => {
  const client = new Client({ connectionString: requireAddress(address), application_name: 'sluice fleet' })
  // A connection that breaks off while nobody asks anything; the next question says so.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (fault) {
    throw new FleetError('ERR_FLEET_UNREACHABLE', `the database cannot be opened (${reasonOf(fault)})`)
  }
  return storeOf(client)
}

/**
 * Opens a store that has been laid out.
 * @throws FleetError (as a rejection) as `openDatabase`; `ERR_FLEET_SCHEMA`
 */
export const openStore = async (address: string): Promise<FleetStore> => {
  const store = await openDatabase(address)
  if ((await versionOf(store)) === VERSION) return store
  await store.close()
  throw new FleetError('ERR_FLEET_SCHEMA', 'the database holds no store of this version')
}

/**
 * Lays out a store in an empty database.
 * @throws FleetError (as a rejection) `ERR_FLEET_EXISTS`
 */
export const layOut = async (store: FleetStore): Promise<void> => {
  if ((await versionOf(store)) !== null) throw new FleetError('ERR_FLEET_EXISTS', 'the database has a schema "sluice"')
  await store.transaction('write', () => store.change(readFileSync(join(import.meta.dirname, 'schema.sql'), 'utf8')))
}

const versionOf = async (store: FleetStore): Promise<string | null> => {
  const [row] = await store.rows<{ version: string }>(
    "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') AS version FROM pg_namespace WHERE nspname = 'sluice'",
  )
  return row?.version ?? null
}

const storeOf = (client: Client): FleetStore => {
  const ask = async (sql: string, values?: readonly unknown[]) => {
    try {
      return await client.query(sql, values as unknown[] | undefined)
    } catch (fault) {
      if (fault instanceof DatabaseError) throw fault
      throw new FleetError('ERR_FLEET_UNREACHABLE', `the connection to the database broke off (${reasonOf(fault)})`)
    }
  }
  return {
    rows: async <Row>(sql: string, values?: readonly unknown[]) => (await ask(sql, values)).rows as Row[],
    change: async (sql, values) => (await ask(sql, values)).rowCount ?? 0,
    transaction: async (mode, act) => {
      await ask(mode === 'still' ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN')
      try {
        const result = await act()
        await ask('COMMIT')
        return result
      } catch (fault) {
        await ask('ROLLBACK').catch(() => undefined)
        throw fault
      }
    },
    close: () => client.end(),
  }
}

/** Codes of the operating system and of PostgreSQL say what is wrong; messages of drivers may quote what they were given. */
const reasonOf = (fault: unknown): string => (fault as { readonly code?: string }).code ?? 'no answer'
