import type { Readable } from 'node:stream'
import { FleetError } from './fleet-error.ts'

/** Longest line, in UTF-16 code units: a collector writes a whole batch of records as one. */
const MAX_LINE = 64 * 1024 ** 2

/**
 * The lines of a stream in UTF-8, as they come.
 * @throws FleetError `ERR_FLEET_LINE` for one that does not end; and what the stream throws
 */
export const linesOf = async function* (input: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = (rest + (chunk as string)).split('\n')
    rest = lines.pop()!
    yield* lines
    if (rest.length > MAX_LINE) throw new FleetError('ERR_FLEET_LINE', 'a line has no end')
  }
  if (rest !== '') yield rest
}
