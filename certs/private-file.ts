import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'

/** What a file holds; or why it is not used. */
export type PrivateReading =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable' }
  /** The group or others may read or write it. */
  | { readonly kind: 'exposed' }

/** Reads a file that only its owner may open. The mode is that of the very file that is read. */
export const readPrivateFile = (path: string): PrivateReading => {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    return { kind: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'unreadable' }
  }
  try {
    if ((fstatSync(file).mode & 0o077) !== 0) return { kind: 'exposed' }
    return { kind: 'read', text: readFileSync(file, 'utf8') }
  } catch {
    return { kind: 'unreadable' }
  } finally {
    closeSync(file)
  }
}
