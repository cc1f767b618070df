import { Buffer } from 'node:buffer'
import { spend, type BytesCoding } from './coding.ts'
import { plain } from './plain-text.ts'

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

/** Octets behind the keyword of a text chunk: with zTXt a compression method, with iTXt two more bytes and two words. */
const contentOf = (type: string, data: Buffer): Buffer => {
  const keyword = data.indexOf(0)
  if (keyword < 0) return data
  if (type === 'zTXt') return data.subarray(keyword + 2)
  if (type !== 'iTXt') return data.subarray(keyword + 1)
  const language = data.indexOf(0, keyword + 3)
  const translated = data.indexOf(0, language + 1)
  return data.subarray(translated + 1)
}

/**
 * The text chunks of a PNG picture, and whatever stands behind its end. What is hidden in the pixels stays hidden.
 * @see https://www.w3.org/TR/png-3/#11textinfo
 */
export const pngText = {
  id: 'png-text',
  gate: bytes => bytes.length >= 20 && SIGNATURE.equals(bytes.subarray(0, 8)),
  *undo(bytes, budget) {
    const picture = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = SIGNATURE.length; at + 8 <= picture.length;) {
      const end = at + 8 + picture.readUInt32BE(at)
      const type = picture.toString('latin1', at + 4, at + 8)
      const data = picture.subarray(at + 8, end)
      const content = /^(?:tEXt|zTXt|iTXt|eXIf)$/.test(type) ? contentOf(type, data) : null
      at = end + 4
      const found = type === 'IEND' ? picture.subarray(at) : content
      if (!found || found.length === 0) continue
      spend(budget, found.length)
      yield plain(found)
    }
  },
} as const satisfies BytesCoding
