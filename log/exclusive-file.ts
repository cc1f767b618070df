import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a file that did not exist, with the given mode, and syncs it and its folder to the disk.
 * @throws NodeJS.ErrnoException `EEXIST` when there is one; it is left as it is
 */
export const writeExclusive = (file: string, content: string | Uint8Array, mode: number): void => {
  const descriptor = openSync(file, 'wx', mode)
  try {
    writeFileSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  syncFolder(dirname(file))
}

/** Makes new and removed names in a folder durable. */
export const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Whether a fault of the file system says that the file exists already. */
export const isExisting = (fault: unknown): boolean =>
  fault instanceof Error && 'code' in fault && fault.code === 'EEXIST'
