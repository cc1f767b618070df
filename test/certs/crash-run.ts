/**
 * Runs one call on an authority and dies by SIGKILL at its n-th step on the disk, a write being torn in its middle.
 * Arguments: `create`, `renew` or `activate`, the folder, n. Ends normally when there are fewer steps.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const [verb = '', directory = '', step = ''] = process.argv.slice(2)
let left = Number(step)

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable')
}

const dieInTurn = (): void => {
  left -= 1
  if (left === 0) die()
}

const { open, rename, rm } = fs.promises
fs.promises.rm = async (path, options) => {
  dieInTurn()
  return rm(path, options)
}
fs.promises.rename = async (from, to) => {
  dieInTurn()
  return rename(from, to)
}
fs.promises.open = async (path, flags, mode) => {
  if (flags === 'wx') dieInTurn()
  const handle = await open(path, flags, mode)
  const write = handle.writeFile.bind(handle)
  handle.writeFile = async data => {
    left -= 1
    if (left === 0) {
      await write((data as string).slice(0, 100))
      die()
    }
    return write(data)
  }
  return handle
}
syncBuiltinESMExports()

const { createAuthority } = await import('../../certs/authority.ts')
const { activateSuccessor, replaceAtOnce } = await import('../../certs/rotation.ts')
const actor = { actor: 'ada' }
if (verb === 'activate') await activateSuccessor(directory, 'localhost', actor)
else if (verb === 'create') await createAuthority(directory, { dns: ['first.example'], addresses: [] })
else await replaceAtOnce(directory, { dns: ['second.example'], addresses: [] }, actor)
