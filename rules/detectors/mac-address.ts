import type { Span, TextDetector } from '../detector.ts'
import { anyKey, inContext, keywords } from './parts/context.ts'

/** Six or eight octets with one separator throughout (EUI-48, EUI-64), or three groups of four digits as routers print them. */
const written =
  /(?<![\p{L}\p{N}_]|[\da-f][:.-])(?:[\da-f]{2}(?:([:-])[\da-f]{2})(?:\1[\da-f]{2}){4}(?:(?:\1[\da-f]{2}){2})?|(?:[\da-f]{4}\.){2}[\da-f]{4})(?![\p{L}\p{N}_]|[:.-][\da-f])/giu

const bare = /(?<![\p{L}\p{N}_-])[\da-f]{12}(?![\p{L}\p{N}_-])/giu

const word = keywords(
  'mac(?: ?(?:addr\\p{L}*|id))?',
  'hw ?addr\\p{L}*',
  'hardware ?addr\\p{L}*',
  'physical ?addr\\p{L}*',
  'ether(?:net)?(?: ?addr\\p{L}*)?',
  'wlan',
  'wi ?fi',
  'bssid',
  'bluetooth',
  'eui ?(?:48|64)?',
  'nic',
)

/** All zeros and all ones stand for no device. */
const isNobodys = (hit: string): boolean => /^(?:0|f)+$/i.test(hit.replaceAll(/[:.-]/g, ''))

/** Pairs of decimal digits are as well times or dates: one address in 289 ((10/16)^12) has no letter. */
const hasLetter = (hit: string): boolean => /[a-f]/i.test(hit)

export const macAddress = {
  kind: 'text',
  id: 'mac-address',
  title: 'MAC address of a device',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(M): device identifiers; IEEE Std 802-2014 section 8 (EUI-48, EUI-64)',
  onByDefault: false,
  needs: [
    { hexRun: 2, length: 12 },
    { hexRun: 12, under: anyKey(word) },
  ],
  *find(subject) {
    const { text } = subject
    const isInContext = (span: Span): boolean => inContext(subject, span, word)
    for (const { 0: hit, index } of text.matchAll(written)) {
      const span = { start: index, end: index + hit.length }
      if (!isNobodys(hit) && (hasLetter(hit) || isInContext(span))) yield span
    }
    for (const { 0: hit, index } of text.matchAll(bare)) {
      const span = { start: index, end: index + hit.length }
      if (!isNobodys(hit) && isInContext(span)) yield span
    }
  },
  examples: {
    match: [
      '00:1B:44:11:3A:B7',
      '00-1b-44-11-3a-b7',
      'eth0 001b.4411.3ab7 up',
      '02:1b:44:ff:fe:11:3a:b7',
      'MAC 00:12:34:56:78:90',
      { text: '001B44113AB7', keys: ['network', 'macAddress'] },
    ],
    noMatch: [
      '00:00:00:00:00:00',
      'ff:ff:ff:ff:ff:ff',
      '23:18:07:12:30:45',
      '12-30-45-12-30-45',
      '001B44113AB7',
      '0117A66834C0A0C5',
      '7d444840-9dc0-11d1-b245-5ffdce74fad2',
      'de:ad:be:ef:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff',
      { text: '20751844', keys: ['mac', 'lot'] },
    ],
  },
} as const satisfies TextDetector
