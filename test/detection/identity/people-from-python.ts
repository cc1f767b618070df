import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { People } from './person.ts'

const script = join(import.meta.dirname, 'people.py')

/**
 * Half b: persons made up by Python's faker, `count` for each language.
 * @returns null where there is no python3 with faker (`pip install faker`); this half then goes unmeasured
 */
export const peopleFromPython = (count: number, seed: number): People | null => {
  const { status, stdout } = spawnSync('python3', [script, String(count), String(seed)], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 2 ** 28,
  })
  return status === 0 ? (JSON.parse(stdout) as People) : null
}
