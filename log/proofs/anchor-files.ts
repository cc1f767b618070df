import { readdirSync, readFileSync, statSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { isExisting } from '../writing/exclusive-file.ts'
import { join } from 'node:path'

/** Name of the file that holds the checkpoint of a log of this size: by name in the order of their sizes. */
export const anchorName = (size: number): string => `checkpoint-${String(size).padStart(12, '0')}.txt`

export const isAnchorName = (name: string): boolean => /^checkpoint-\d{12,}\.txt$/.test(name)

/**
 * Keeps a checkpoint in a folder, in a file of its own that is never written again. Resolves when it is on the disk.
 * @throws NodeJS.ErrnoException (as a rejection); `EEXIST` when another checkpoint of the same size is there
 */
export const writeAnchor = async (folder: string, size: number, note: string): Promise<void> => {
  const path = join(folder, anchorName(size))
  try {
    const file = await open(path, 'wx', 0o644)
    try {
      await file.writeFile(note)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (fault) {
    if (!isExisting(fault) || (await readFile(path, 'utf8')) !== note) throw fault
  }
}

/**
 * Reads checkpoints that were kept: from a file that holds one or more of them, from every `checkpoint-….txt` of a folder, or from
 * the lines that the appliance prints. Whether they are genuine is for `verifyLog` to say.
 * @throws NodeJS.ErrnoException when the path cannot be read
 */
export const readAnchors = (path: string): readonly string[] => {
  if (!statSync(path).isDirectory()) return notesIn(readFileSync(path, 'utf8'))
  const names = readdirSync(path).filter(isAnchorName).sort()
  return names.flatMap(name => notesIn(readFileSync(join(path, name), 'utf8')))
}

/** A text of no known form counts as one note, so that it is found to be none. */
const notesIn = (text: string): readonly string[] => {
  const printed = text.split('\n').flatMap(noteInLine)
  if (printed.length > 0) return printed
  // a note ends with lines that begin with a dash (U+2014); what follows is the next one
  const notes = text.match(/[^\n][^]*?\n\n(?:— [^\n]*\n)+/g)
  return notes === null || notes.join('') !== text ? [text] : notes
}

/** The checkpoint in a line that `sluice serve` printed about an anchor, or that `sluice log export --checkpoints` wrote. */
export const noteInLine = (line: string): readonly string[] => {
  if (!line.startsWith('{') || !line.includes('"checkpoint"')) return []
  try {
    const { kind, checkpoint } = JSON.parse(line) as { readonly kind?: unknown; readonly checkpoint?: unknown }
    return (kind === 'anchor' || kind === 'checkpoint') && typeof checkpoint === 'string' ? [checkpoint] : []
  } catch {
    return []
  }
}
