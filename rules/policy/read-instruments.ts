import { normalizeAddress, parseNetwork, sameNetwork, type Network } from '../address.ts'
import type { Path } from '../json-pointer.ts'
import type { Instrument } from '../policy.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawInstrument } from './raw-policy.ts'

/** The instruments of a policy. Two in one network could not be told apart: that is reported. */
export const readInstruments = (raw: readonly RawInstrument[], proof: Proofreader): readonly Instrument[] => {
  const instruments = raw.map((instrument, index) => readInstrument(instrument, ['instruments', index], proof))
  for (const [index, { network }] of instruments.entries()) {
    const other = instruments.slice(0, index).find(earlier => sameNetwork(earlier.network, network))
    if (other) proof.report(['instruments', index], `calls from the same address or network as ${other.id}`)
  }
  return instruments
}

const readInstrument = (raw: RawInstrument, path: Path, proof: Proofreader): Instrument => ({
  id: raw.id,
  serial: raw.serial ?? null,
  enabled: raw.enabled ?? true,
  network:
    raw.address === undefined
      ? readNetwork(raw.network!, [...path, 'network'], proof)
      : hostNetwork(raw.address, [...path, 'address'], proof),
})

/** A single address is a network of its full length. */
const hostNetwork = (text: string, path: Path, proof: Proofreader): Network => {
  const address = readAddress(text, path, proof)
  return parseNetwork(`${address}/${address.includes(':') ? 128 : 32}`)!
}

/** An address in its normal form; one that holds for nobody where it is none, which is then reported. */
export const readAddress = (text: string, path: Path, proof: Proofreader): string => {
  const address = normalizeAddress(text)
  if (address === null) proof.report(path, 'must be an IPv4 or IPv6 address')
  return address ?? '0.0.0.0'
}

export const readNetwork = (text: string, path: Path, proof: Proofreader): Network => {
  const network = parseNetwork(text)
  if (network === null) proof.report(path, 'must be a network in CIDR form such as 10.77.1.0/28')
  return network ?? parseNetwork('0.0.0.0/32')!
}
