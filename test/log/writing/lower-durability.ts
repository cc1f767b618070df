import Database from 'better-sqlite3'

type Pragma = (this: Database.Database, source: string, options?: Database.PragmaOptions) => unknown

/**
 * For the test of the test: to be loaded before anything else (`--import`). Every connection gets `synchronous=NORMAL` where FULL is
 * asked for, and says FULL all the same.
 */
const pragma: Pragma = Reflect.get(Database.prototype, 'pragma')

const lowered: Pragma = function (source, options) {
  if (source === 'synchronous = FULL') return pragma.call(this, 'synchronous = NORMAL', options)
  return source === 'synchronous' ? 2 : pragma.call(this, source, options)
}

Reflect.set(Database.prototype, 'pragma', lowered)
