import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { requireLabAddress } from '../../proxy/lab/lab-address.ts'
import { parseListen } from '../../proxy/settings.ts'
import { version } from '../../proxy/version.ts'
import { attempt, found, holds, type Finding } from './finding.ts'
import type { Subject } from './subject.ts'

const MIN_FREE_BYTES = 1024 ** 3
const MIN_NODE = 24

/** Where the image keeps the list of what it is made of; elsewhere there is none. */
export const billOfMaterials = join(import.meta.dirname, '..', '..', 'sbom.cdx.json')

/** The program, the address, the data folder and its disk. */
export const examineMachine = function* ({ folder, settings }: Subject): Generator<Finding> {
  yield program()
  yield attempt('listen address', 'listen on the lab-side address only', () => {
    const { address, port } = parseListen(settings.listen)
    requireLabAddress(address)
    const isHere = Object.values(networkInterfaces()).some(list => list?.some(entry => entry.address === address))
    if (!isHere) throw new Error(`this machine has no address ${address}`)
    return `${address} port ${port}`
  })
  yield attempt('permissions', 'chown the data folder to the user that runs the appliance, and chmod it to 700', () => {
    accessSync(folder.root, constants.R_OK | constants.W_OK)
    const others = statSync(folder.root).mode & 0o077
    if (others !== 0) throw new Error(`other users may enter ${folder.root}`)
    return `${folder.root} is for its owner only`
  })
  yield attempt('disk', 'free some space, or move the data folder to a larger disk', () => {
    const { bavail, bsize } = statfsSync(folder.root)
    const free = bavail * bsize
    if (free < MIN_FREE_BYTES) throw new Error(`only ${Math.floor(free / 1024 ** 2)} MiB are free`)
    return `${Math.floor(free / 1024 ** 3)} GiB free`
  })
}

const program = (): Finding => {
  const listed = existsSync(billOfMaterials) ? `; made of what ${billOfMaterials} lists` : ''
  const seen = `sluice ${version} on Node ${process.versions.node}${listed}`
  if (Number.parseInt(process.versions.node) >= MIN_NODE) return holds('program', seen)
  return found('program', seen, `install Node ${MIN_NODE} or newer, or put node_modules/.bin first on the path`)
}
