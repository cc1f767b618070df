import type { HandshakeStatus } from '../proxy/lab/handshakes.ts'

/** An instrument, or an address that is none's, and the host that it asked for. */
export const spellCaller = ({ instrument, client, host }: HandshakeStatus): string =>
  `${instrument ?? client} to ${host ?? 'the appliance'}`
