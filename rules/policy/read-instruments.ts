import { normalizeAddress, parseNetwork, sameNetwork, type Network } from '../address.ts'
import type { Path } from '../json-pointer.ts'
import type { Instrument, Limits } from '../policy.ts'
import type { Proofreader } from './proofreader.ts'
import type { RawInstrument } from './raw-policy.ts'

/** The instruments of a policy. Two that could not be told apart are reported. */
export const readInstruments = (
  raw: readonly RawInstrument[],
  limits: Limits,
  proof: Proofreader,
): readonly Instrument[] => {
  const instruments = raw.map((instrument, index) => readInstrument(instrument, limits, ['instruments', index], proof))
  for (const [index, instrument] of instruments.entries()) {
    const earlier = instruments.slice(0, index)
    const twin = earlier.find(({ certificate }) => certificate !== null && certificate === instrument.certificate)
    const neighbour = earlier.find(other => areMistakable(other, instrument))
    if (twin) proof.report(['instruments', index, 'certificate'], `is the certificate of ${twin.id} already`)
    else if (neighbour)
      proof.report(['instruments', index], `calls from the same address or network as ${neighbour.id}`)
  }
  return instruments
}

/** In one network only certificates tell instruments apart, and only when each of them has one. */
const areMistakable = (a: Instrument, b: Instrument): boolean =>
  a.network !== null &&
  b.network !== null &&
  sameNetwork(a.network, b.network) &&
  (a.certificate === null || b.certificate === null)

const readInstrument = (raw: RawInstrument, limits: Limits, path: Path, proof: Proofreader): Instrument => ({
  id: raw.id,
  serial: raw.serial ?? null,
  enabled: raw.enabled ?? true,
  certificate: raw.certificate ?? null,
  network: networkOf(raw, path, proof),
  drip: {
    perHour: raw.maxNucleotidesPerHour ?? limits.maxNucleotidesPerHour,
    perDay: raw.maxNucleotidesPerDay ?? limits.maxNucleotidesPerDay,
  },
})

const networkOf = ({ address, network }: RawInstrument, path: Path, proof: Proofreader): Network | null => {
  if (address !== undefined) return hostNetwork(address, [...path, 'address'], proof)
  return network === undefined ? null : readNetwork(network, [...path, 'network'], proof)
}

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
