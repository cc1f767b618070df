import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

/**
 * The payload files that are named, and those in the folders that are: `.json` and `.ndjson`, at any depth, sorted by name.
 * @throws Failure when something is not there
 */
export const payloadFiles = (paths: readonly string[]): readonly string[] => paths.flatMap(filesAt)

const filesAt = (path: string): readonly string[] => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) throw new Failure(`there is no file or folder ${path}`, 'check the path', exitCodes.notFound)
  if (!stat.isDirectory()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.(?:json|ndjson)$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}
