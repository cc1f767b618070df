import { randomFillSync } from 'node:crypto'
import { closeSync, constants, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { logFiles } from '../log-files.ts'

const PIECE = 1024 * 1024

/**
 * Lays down a file of so many octets that can be removed when the disk is full. Random ones, because some file systems keep zeros in
 * no room at all.
 * @param room - octets that may be taken; with less than the file needs nothing is done
 * @returns whether it is there; a disk that takes no file is no fault here
 */
export const holdBallast = (directory: string, octets: number, room: number): boolean => {
  if (octets === 0) return false
  const file = logFiles(directory).ballast
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? -1) >= octets) return true
  if (room < octets) return false
  try {
    write(file, octets)
    return true
  } catch {
    releaseBallast(directory)
    return false
  }
}

/** Each write is on the disk when it returns: room that is only promised is none. */
const takeRoomAtOnce = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DSYNC

const write = (file: string, octets: number): void => {
  const piece = randomFillSync(Buffer.allocUnsafe(Math.min(PIECE, octets)))
  const descriptor = openSync(file, takeRoomAtOnce, 0o600)
  try {
    for (let left = octets; left > 0;) left -= writeSync(descriptor, piece, 0, Math.min(left, piece.length))
  } finally {
    closeSync(descriptor)
  }
}

/** Makes the room free. */
export const releaseBallast = (directory: string): void => rmSync(logFiles(directory).ballast, { force: true })
