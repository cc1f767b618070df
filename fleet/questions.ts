import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FleetError } from './fleet-error.ts'
import type { FleetStore } from './store.ts'

/** A question of an auditor, and the SQL that answers it, also in psql. */
export type Question = { readonly name: string; readonly question: string; readonly sql: string }

const folder = join(import.meta.dirname, 'questions')

/** The questions there are: a file each, whose first line asks it. */
export const questions = (): readonly Question[] =>
  readdirSync(folder)
    .sort()
    .map(file => {
      const sql = readFileSync(join(folder, file), 'utf8')
      return { name: file.replace(/\.sql$/, ''), question: sql.slice(3, sql.indexOf('\n')), sql }
    })

/**
 * Asks one of them.
 * @returns a row for each answer; what a column is called says what it is
 * @throws FleetError (as a rejection) `ERR_FLEET_QUESTION`
 */
export const ask = async (store: FleetStore, name: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const question = questions().find(one => one.name === name)
  if (question === undefined) throw new FleetError('ERR_FLEET_QUESTION', `there is no question ${name}`)
  return store.transaction('still', () => store.rows(question.sql))
}
