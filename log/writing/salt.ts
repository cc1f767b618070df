import { randomFillSync } from 'node:crypto'

const SALT_BYTES = 16
/** As many are drawn at once: a call takes longer than the octets that it draws. */
const BATCH = 256

const batch = Buffer.alloc(BATCH * SALT_BYTES)
let used = batch.length

/** 16 random octets in base64url, which are then forgotten here. */
export const newSalt = (): string => {
  if (used === batch.length) {
    randomFillSync(batch)
    used = 0
  }
  const from = used
  used += SALT_BYTES
  const salt = batch.toString('base64url', from, used)
  batch.fill(0, from, used)
  return salt
}
