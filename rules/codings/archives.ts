import { Buffer } from 'node:buffer'
import { inflateRawSync, constants } from 'node:zlib'
import { OverBudget, spend, type Budget, type BytesCoding, type Inner } from './coding.ts'
import { plain } from './plain-text.ts'

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

const given = function* (bytes: Uint8Array, budget: Budget): Generator<Inner> {
  if (bytes.length === 0) return
  spend(budget, bytes.length)
  yield plain(bytes)
}

const BLOCK = 512

/** Names, owners and contents of a tar archive (POSIX.1-2017, pax: ustar), also cut off. */
export const tar = {
  id: 'tar',
  gate: bytes => bytes.length >= BLOCK && viewOf(bytes).toString('latin1', 257, 262) === 'ustar',
  *undo(bytes, budget) {
    const archive = viewOf(bytes)
    for (let at = 0; at + BLOCK <= archive.length && archive.toString('latin1', at + 257, at + 262) === 'ustar';) {
      const size = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8) || 0
      yield* given(archive.subarray(at, at + 100), budget)
      yield* given(archive.subarray(at + BLOCK, at + BLOCK + size), budget)
      at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
    }
  },
} as const satisfies BytesCoding

const LOCAL_HEADER = 0x04034b50
const DEFLATED = 8

/** The content of a deflated member, as far as it inflates; its length in the header may be missing or a lie. */
const inflated = (bytes: Uint8Array, budget: Budget): Uint8Array => {
  try {
    return inflateRawSync(bytes, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: Math.max(1, budget.remaining),
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new OverBudget('a member of an archive unfolds to more than the budget')
    return new Uint8Array()
  }
}

/** Names and contents of a ZIP archive (APPNOTE 6.3.10), by its local headers: the directory at the end may be missing or a lie. */
export const zip = {
  id: 'zip',
  gate: bytes => bytes.length >= 30 && viewOf(bytes).readUInt32LE(0) === LOCAL_HEADER,
  *undo(bytes, budget) {
    const archive = viewOf(bytes)
    for (let at = archive.indexOf('PK\x03\x04', 0, 'latin1'); at >= 0 && at + 30 <= archive.length;) {
      const name = at + 30
      const data = name + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28)
      const next = archive.indexOf('PK\x03\x04', Math.max(data, at + 4), 'latin1')
      const end = next < 0 ? archive.length : next
      yield* given(archive.subarray(name, Math.min(data, archive.length)), budget)
      const content = archive.subarray(data, end)
      yield* given(archive.readUInt16LE(at + 8) === DEFLATED ? inflated(content, budget) : content, budget)
      at = next
    }
  },
} as const satisfies BytesCoding
