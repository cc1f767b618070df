import { existsSync, writeFileSync } from 'node:fs'
import { normalizeAddress } from '../../rules/address.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { randomBytes } from 'node:crypto'
import { composeFiles, type ComposeKind } from './wishes.ts'

/** What a compose file has to be told of this machine. */
export type ComposeEnvironment = {
  readonly kind: ComposeKind
  readonly address: string
  readonly port: number
  readonly labInterface: string | null
  readonly labSubnet: string | null
}

/** The file `.env` for Docker Compose. */
export const composeEnvironment = ({ kind, address, port, labInterface, labSubnet }: ComposeEnvironment): string => {
  const own = kind === 'published' ? {} : { LAB_INTERFACE: labInterface, LAB_SUBNET: labSubnet }
  const values = {
    COMPOSE_FILE: composeFiles[kind],
    ...own,
    ...(kind === 'macvlan' && { LAB_MAC: localMac() }),
    LAB_IP: normalizeAddress(address)!,
    LAB_PORT: String(port),
  }
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}`)
  return ['# How the containers are placed; see the compose file that is named here.', ...lines, ''].join('\n')
}

/** A MAC address of nobody's: locally administered, one machine, random. @see IEEE 802-2014 section 8.2.2 */
const localMac = (): string => {
  const octets = randomBytes(6)
  octets[0] = (octets[0]! & 0b1111_1100) | 0b10
  return [...octets].map(octet => octet.toString(16).padStart(2, '0')).join(':')
}

/** @throws Failure when there is one already, which may say more than this */
export const writeEnvironment = (file: string, text: string): void => {
  if (existsSync(file))
    throw new Failure(
      `there is a file ${file} already`,
      'move it away, or name another one with --env-to; nothing was made',
      exitCodes.refused,
    )
  writeFileSync(file, text, { flag: 'wx', mode: 0o644 })
}
