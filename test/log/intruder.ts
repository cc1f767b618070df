import Database from 'better-sqlite3'
import { execFileSync, spawnSync } from 'node:child_process'

const hasShell = spawnSync('sqlite3', ['-version']).status === 0

/** Runs SQL as an intruder would: with the sqlite3 shell where there is one. */
export const runSql = (file: string, sql: string): void => {
  if (hasShell) return void execFileSync('sqlite3', ['-bail', file], { input: sql })
  const database = new Database(file)
  database.exec(sql)
  database.close()
}

/** Takes the guard-rails away, does the deed, and puts them back, so that only the deed itself can be found. */
export const behindGuards = (file: string, sql: string): void => {
  const database = new Database(file, { readonly: true })
  const guards = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all() as {
    name: string
    sql: string
  }[]
  database.close()
  const drops = guards.map(({ name }) => `DROP TRIGGER ${name};`)
  runSql(file, [...drops, `${sql};`, ...guards.map(guard => `${guard.sql};`)].join('\n'))
}
