import { isPublicAddress, isWildcardAddress, normalizeAddress } from '../../rules/address.ts'
import { ProxyError } from '../proxy-error.ts'

/**
 * Takes an address to listen on only when nobody outside the lab can reach it (P6).
 * @throws ProxyError `ERR_LISTEN_ADDRESS`, `ERR_LISTEN_WILDCARD`, `ERR_LISTEN_PUBLIC`
 */
export const requireLabAddress = (text: string): string => {
  const address = normalizeAddress(text)
  if (address === null) throw new ProxyError('ERR_LISTEN_ADDRESS', `${text} is not an IP address`)
  if (isWildcardAddress(address))
    throw new ProxyError('ERR_LISTEN_WILDCARD', `${text} means every network of this machine`)
  if (isPublicAddress(address)) throw new ProxyError('ERR_LISTEN_PUBLIC', `${text} is a public address`)
  return address
}
