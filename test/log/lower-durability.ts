import Database from 'better-sqlite3'

/**
 * For the test of the test: to be loaded before anything else (`--import`). Every connection gets `synchronous=NORMAL` where FULL is
 * asked for, and says FULL all the same.
 */
const { pragma } = Database.prototype
Database.prototype.pragma = function lowered(
  this: Database.Database,
  source: string,
  options?: Database.PragmaOptions,
) {
  if (source === 'synchronous = FULL') return pragma.call(this, 'synchronous = NORMAL', options)
  return source === 'synchronous' ? 2 : pragma.call(this, source, options)
} as typeof pragma
