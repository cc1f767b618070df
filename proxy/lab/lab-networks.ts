import { networkInterfaces } from 'node:os'
import { normalizeAddress, parseNetwork, type Network } from '../../rules/address.ts'
import { ProxyError } from '../proxy-error.ts'
import { parseListen, type Settings } from '../settings.ts'

/**
 * The networks from which callers are answered at all: those of the settings, or else the one that the interface with the address to
 * listen on says it is in. None where no interface has it.
 * @throws ProxyError `ERR_SETTINGS_INVALID`, `ERR_LISTEN_…`
 */
export const labNetworks = ({ listen, labNetworks: given }: Settings): readonly Network[] => {
  if (given !== undefined) return given.map(requireNetwork)
  const { address } = parseListen(listen)
  const here = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const ours = here.filter(one => normalizeAddress(one.address) === address)
  return ours.map(({ cidr }) => parseNetwork(cidr ?? '')).filter(network => network !== null)
}

const requireNetwork = (text: string): Network => {
  const network = parseNetwork(text)
  if (network === null)
    throw new ProxyError('ERR_SETTINGS_INVALID', `labNetworks: ${text} is no network such as 10.77.1.0/24`)
  return network
}
