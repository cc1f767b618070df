import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import type { Sink } from '../log/export/export-log.ts'
import { stream } from './terminal/print.ts'

/** A sink that has to be closed, and whether something had been written to it before. */
export type OpenSink = Sink & { readonly isNew: boolean; readonly close: () => void }

const STANDARD_OUTPUT = 1

/** Standard output. What a pipe has taken can still be lost by who reads it: nothing can be known about that here. */
export const outputSink = (): OpenSink => ({
  isNew: true,
  write: stream,
  flush: async () => {
    await new Promise<void>(resolve => process.stdout.write('', () => resolve()))
    try {
      fsyncSync(STANDARD_OUTPUT)
    } catch (fault) {
      // Pipes and terminals know no fsync.
      if (!['EINVAL', 'EROFS', 'ENOTSUP'].includes((fault as NodeJS.ErrnoException).code ?? '')) throw fault
    }
  },
  close: () => undefined,
})

/**
 * The end of a file, which is made when there is none. A last line that a crash left unfinished is cut off: it will be written again.
 * @throws NodeJS.ErrnoException
 */
export const fileSink = (file: string): OpenSink => {
  const descriptor = openSync(file, 'a+', 0o600)
  const size = fstatSync(descriptor).size
  const whole = endOfLastLine(descriptor, size)
  if (whole < size) ftruncateSync(descriptor, whole)
  return {
    isNew: whole === 0,
    write: async text => writeAll(descriptor, Buffer.from(text)),
    flush: async () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  }
}

const writeAll = (descriptor: number, bytes: Uint8Array): void => {
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written)
}

const NEWLINE = 0x0a
const CHUNK = 65_536

const endOfLastLine = (descriptor: number, size: number): number => {
  const chunk = Buffer.alloc(CHUNK)
  for (let end = size; end > 0; end -= Math.min(CHUNK, end)) {
    const start = Math.max(0, end - CHUNK)
    const length = readSync(descriptor, chunk, 0, end - start, start)
    const newline = chunk.subarray(0, length).lastIndexOf(NEWLINE)
    if (newline >= 0) return start + newline + 1
  }
  return 0
}
