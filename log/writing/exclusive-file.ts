import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
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

/**
 * The same for a running appliance: Node's permission model, which confines it, has no synchronous fsync.
 * @throws NodeJS.ErrnoException (as a rejection) `EEXIST`
 */
export const makeExclusive = async (file: string, content: string | Uint8Array, mode: number): Promise<void> => {
  const handle = await open(file, 'wx', mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await settle(dirname(file))
}

/** Syncs a file, or the names in a folder, to the disk; also in a running appliance. */
export const settle = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whether a fault of the file system says that the file exists already. */
export const isExisting = (fault: unknown): boolean =>
  fault instanceof Error && 'code' in fault && fault.code === 'EEXIST'
