import { constants } from 'node:crypto'

/**
 * TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only: no CBC, no RSA key exchange, no SHA-1.
 * A server that picks contexts by SNI must also be created with these: OpenSSL takes the protocol versions from the
 * context that the connection began with.
 * @see RFC 9325 section 4.2 (recommended cipher suites)
 */
export const strongTls = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
} as const

/** The same for the lab side, where no client may ask for another handshake in the middle of a conversation (RFC 9325 section 3.5). */
export const strongLabTls = { ...strongTls, secureOptions: constants.SSL_OP_NO_RENEGOTIATION } as const
