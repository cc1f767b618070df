import { createHash } from 'node:crypto'
import type { Anchor } from '../../../certs/authority.ts'
import { html } from '../../html.ts'

/** A UUID (RFC 9562, version 8) that follows from a text, so that a profile which is installed again replaces itself. */
const uuidOf = (text: string): string => {
  const octets = createHash('sha256').update(text).digest().subarray(0, 16)
  octets[6] = (octets[6]! & 0x0f) | 0x80
  octets[8] = (octets[8]! & 0x3f) | 0x80
  return octets
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    .toUpperCase()
}

const payloadOf = ({ name, der, fingerprint256 }: Anchor) =>
  html`<dict>
    <key>PayloadType</key><string>com.apple.security.root</string> <key>PayloadVersion</key><integer>1</integer>
    <key>PayloadIdentifier</key><string>sluice.authority.${fingerprint256.replaceAll(':', '').toLowerCase()}</string>
    <key>PayloadUUID</key><string>${uuidOf(fingerprint256)}</string> <key>PayloadDisplayName</key
    ><string>${name}</string> <key>PayloadCertificateFileName</key><string>sluice-ca.cer</string>
    <key>PayloadContent</key><data>${der.toString('base64')}</data>
  </dict> `

/**
 * A configuration profile for Apple devices that holds the certificates to be trusted.
 * @see https://developer.apple.com/documentation/devicemanagement/certificateroot
 */
export const mobileconfig = (anchors: readonly Anchor[], host: string): string =>
  html`<?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <plist version="1.0">
      <dict>
        <key>PayloadType</key><string>Configuration</string> <key>PayloadVersion</key><integer>1</integer>
        <key>PayloadIdentifier</key><string>sluice.${host}</string> <key>PayloadUUID</key
        ><string>${uuidOf(host)}</string> <key>PayloadDisplayName</key
        ><string>Sluice certificate authority (${host})</string> <key>PayloadDescription</key
        ><string>Lets this device trust the appliance through which the lab's instruments send telemetry.</string>
        <key>PayloadContent</key>
        <array> ${anchors.map(payloadOf)}</array>
      </dict>
    </plist> `.markup
