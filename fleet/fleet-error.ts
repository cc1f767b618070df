/** A fault of the store of a fleet. The message never holds a password or what a record says. */
export class FleetError extends Error {
  override readonly name = 'FleetError'
  readonly code: FleetErrorCode
  constructor(code: FleetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type FleetErrorCode = keyof typeof hints

/** What an IT person can do about each fault. */
export const hints = {
  ERR_FLEET_ADDRESS:
    'name it like postgresql://sluice@db.hospital.example/sluice?sslmode=verify-full&sslrootcert=ca.pem; the password belongs into ~/.pgpass or PGPASSWORD',
  ERR_FLEET_CLEAR:
    'add "?sslmode=verify-full&sslrootcert=ca.pem" to the address: in the clear only a server on this machine is spoken to',
  ERR_FLEET_UNREACHABLE: 'check that the server runs and is reached from here, and the user and password (~/.pgpass)',
  ERR_FLEET_SCHEMA: 'lay the store out with "sluice fleet init"; the name of the database is in the address',
  ERR_FLEET_EXISTS: 'the database has a store already: go on with "sluice fleet enrol" and "sluice fleet load"',
  ERR_FLEET_KEY: 'bring "log/checkpoint.pub" from the data folder of the appliance, on a way that you trust',
  ERR_FLEET_ENROLLED:
    'a log keeps its key for life: give a new log a new name, or find out who made a second key for this one',
  ERR_FLEET_NAMELESS: 'export with "--checkpoints", so that the lines say whose they are, or name the log with "--log"',
  ERR_FLEET_LINE:
    'hand over what "sluice log export --checkpoints" wrote, or a syslog server or collector kept of "sluice log ship"',
  ERR_FLEET_QUESTION: 'run "sluice fleet report --list" for the questions there are',
} satisfies Record<string, string>
