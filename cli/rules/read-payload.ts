import { readFileSync } from 'node:fs'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

const STANDARD_INPUT = 0

/**
 * A payload from a file; from standard input when the name is `-` or absent.
 * @throws Failure when nothing is named and standard input is a terminal, on which nobody would type a payload
 */
export const readPayload = (file: string | undefined): Buffer => {
  if (file !== undefined && file !== '-') return readFileSync(file)
  if (file === '-' || !process.stdin.isTTY) return readFileSync(STANDARD_INPUT)
  throw new Failure('no payload is named', 'name a file, or pipe a payload into the command', exitCodes.usage)
}
