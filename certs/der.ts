/** The few pieces of DER (ITU-T X.690) that certificates need, on top of node-forge. For what we wrote ourselves, and what a lab brings along. */
import forge from 'node-forge'

const { asn1 } = forge
const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class

export type Der = forge.asn1.Asn1

export const sequence = (...items: Der[]): Der => asn1.create(UNIVERSAL, asn1.Type.SEQUENCE, true, items)

export const objectIdentifier = (oid: string): Der =>
  asn1.create(UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(oid).getBytes())

export const octetString = (bytes: Buffer): Der =>
  asn1.create(UNIVERSAL, asn1.Type.OCTETSTRING, false, bytes.toString('latin1'))

/** NULL. */
export const nothing = (): Der => asn1.create(UNIVERSAL, asn1.Type.NULL, false, '')

/** A BIT STRING of whole octets. */
export const bitString = (bytes: Buffer): Der =>
  asn1.create(UNIVERSAL, asn1.Type.BITSTRING, false, `\0${bytes.toString('latin1')}`)

// node-forge calls a tag number `Type` whatever its class is; context-specific ones are not among its members.
const typeOf = (tag: number): forge.asn1.Type => tag // oxlint-disable-line typescript/no-unsafe-enum-assignment

/** `[tag] IMPLICIT` around items (constructed) or around bytes (primitive). */
export const tagged = (tag: number, content: Der[] | Buffer): Der =>
  Array.isArray(content)
    ? asn1.create(CONTEXT_SPECIFIC, typeOf(tag), true, content)
    : asn1.create(CONTEXT_SPECIFIC, typeOf(tag), false, content.toString('latin1'))

export const toDer = (node: Der): Buffer => Buffer.from(asn1.toDer(node).getBytes(), 'latin1')

/** @throws Error when the bytes are not exactly one DER value */
export const fromDer = (bytes: Buffer): Der => asn1.fromDer(bytes.toString('latin1'), true)

/** The items of a constructed value; none for a primitive one. */
export const itemsOf = (node: Der | undefined): readonly Der[] => (Array.isArray(node?.value) ? node.value : [])

/** The content octets of a primitive value; none for a constructed one. */
export const bytesOf = (node: Der | undefined): Buffer =>
  Buffer.from(typeof node?.value === 'string' ? node.value : '', 'latin1')

/** Whether a value has this context-specific tag. */
export const isTagged = (node: Der, tag: number): boolean =>
  node.tagClass === CONTEXT_SPECIFIC && node.type === typeOf(tag)

export const toPem = (label: 'CERTIFICATE', der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`
