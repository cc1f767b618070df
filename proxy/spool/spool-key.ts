import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { readPrivateFile } from '../../certs/private-file.ts'
import { makeExclusive } from '../../log/writing/exclusive-file.ts'
import { ProxyError } from '../proxy-error.ts'

const KEY_BYTES = 32

/**
 * The key under which requests wait on the disk: 32 octets as 64 hexadecimal digits in a file of their own, which only its owner may read, and
 * which is not in the folder of the log. It is made where there is none and nothing was sealed under one.
 * @param mayMake - false: what waits was sealed under a key that there has to be
 * @throws ProxyError (as a rejection) `ERR_SPOOL_KEY`
 */
export const openSpoolKey = async (file: string, mayMake: boolean): Promise<KeyObject> => {
  const reading = readPrivateFile(file)
  switch (reading.kind) {
    case 'read':
      return keyOf(reading.text.trim(), file)
    case 'missing':
      if (mayMake) return makeKey(file)
      throw new ProxyError('ERR_SPOOL_KEY', `${file} is missing, and requests that wait were sealed under it`)
    case 'unreadable':
      throw new ProxyError('ERR_SPOOL_KEY', `${file} cannot be read`)
    case 'exposed':
      throw new ProxyError('ERR_SPOOL_KEY', `others than its owner may read ${file}`)
  }
}

const keyOf = (text: string, file: string): KeyObject => {
  if (/^[0-9a-f]{64}$/.test(text)) return createSecretKey(text, 'hex')
  throw new ProxyError('ERR_SPOOL_KEY', `${file} does not hold 64 hexadecimal digits`)
}

const makeKey = async (file: string): Promise<KeyObject> => {
  const text = randomBytes(KEY_BYTES).toString('hex')
  try {
    await makeExclusive(file, `${text}\n`, 0o600)
  } catch (cause) {
    throw new ProxyError('ERR_SPOOL_KEY', `${file} cannot be made`, { cause })
  }
  return keyOf(text, file)
}
