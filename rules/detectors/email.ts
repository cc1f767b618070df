import { getPublicSuffix, parse } from 'tldts'
import type { Span, Subject, TextDetector } from '../detector.ts'

/** Limits of RFC 5321 section 4.5.3.1: 64 octets before the at sign, 255 after it. */
const LOCAL = 64
const DOMAIN = 255

const localCharacter = /[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]/u
const domain = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}[\p{L}\p{N}-]{2,24}/u

/** Names that stand for public ones in documents and tests (RFC 2606 section 2), and so in data that somebody made up. */
const standIn = /\.(?:example|test|invalid)$/i

/** Whether a host name ends in a suffix of the public DNS: `host.local`, `1.26.10` and `sup.cfg` do not. */
const isPublic = (host: string): boolean => {
  const { isIcann, isIp } = parse(host, { allowPrivateDomains: false })
  return (isIcann === true && isIp !== true) || standIn.test(host)
}

/** The host that the text begins with; a full stop or dash that ends the sentence is not part of it. */
const hostAt = (text: string, from: number): string | undefined => {
  let host = domain.exec(text.slice(from, from + DOMAIN))?.[0]
  while (host?.includes('.')) {
    if (isPublic(host)) return host
    host = host.slice(0, host.lastIndexOf('.'))
  }
  return undefined
}

/** Where the part before the at sign begins; `"jane doe"@host.org` may hold spaces between quotes. */
const localStart = (text: string, at: number): number => {
  let start = at
  const floor = Math.max(0, at - LOCAL)
  if (text[at - 1] === '"') return Math.max(text.lastIndexOf('"', at - 2), floor)
  while (start > floor && localCharacter.test(text[start - 1]!)) start--
  return start
}

const plain = function* ({ text }: Subject): Iterable<Span> {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const start = localStart(text, at)
    if (start === at) continue
    const host = hostAt(text, at + 1)
    if (host !== undefined) yield { start, end: at + 1 + host.length }
  }
}

/** `jane (at) host.org`, `jane [at] host [dot] org`, `jane AT host DOT org`, with brackets or spaces around the words. */
const at =
  '(?:\\s{0,2}[([{<]\\s{0,2}(?:at|arroba|chez|@)\\s{0,2}[)\\]}>]\\s{0,2}|\\s{1,2}(?:at|arroba)\\s{1,2}|\\s{1,2}@\\s{1,2})'
const dot =
  '(?:\\s{0,2}[([{<]\\s{0,2}(?:dot|punkt|point|punto|\\.)\\s{0,2}[)\\]}>]\\s{0,2}|\\s{1,2}(?:dot|punkt|punto)\\s{1,2}|\\.)'
const obfuscated = new RegExp(
  `(?<![\\p{L}\\p{N}])([\\p{L}\\p{N}_+-]{1,40}(?:${dot}[\\p{L}\\p{N}_+-]{1,40}){0,3})(${at})([\\p{L}\\p{N}-]{1,40}(?:${dot}[\\p{L}\\p{N}-]{2,40}){1,4})(?![\\p{L}\\p{N}])`,
  'giu',
)
const dots = new RegExp(dot, 'giu')
/** A bare word `at` before a host name is ordinary English (`look at sluice.org`), so there a spelled-out dot must follow. */
const bareAt = /^\s+at\s+$/i

const disguised = function* ({ text }: Subject): Iterable<Span> {
  for (const hit of text.matchAll(obfuscated)) {
    const [written, , sign = '', host = ''] = hit
    if (bareAt.test(sign) && !/\s(?:dot|punkt|punto)\s|[([{<]/i.test(host)) continue
    const joined = host.replace(dots, '.')
    if (isPublic(joined) && getPublicSuffix(joined) !== joined.toLowerCase())
      yield { start: hit.index, end: hit.index + written.length }
  }
}

/** Words without which no disguise is looked for: an at, and brackets, a dot in words, or an at that is no English word. */
const disguise = /(?:[([{<\s](?:at|arroba|chez|@)[)\]}>\s])/i
const further = /[([{<@]|\sarroba\s|\s(?:dot|punkt|punto)\s/i

export const email = {
  kind: 'text',
  id: 'email',
  title: 'E-mail address',
  category: 'identity',
  source: 'RFC 5321 section 4.1.2, RFC 6531 (internationalised); the domain ends in a suffix of publicsuffix.org',
  needs: [
    { has: '@', words: 2, letters: 3 },
    { blanks: 2, letterWord: 2, letters: 6 },
    { brackets: 1, letterWord: 2, letters: 6 },
  ],
  *find(subject) {
    yield* plain(subject)
    if (disguise.test(subject.text) && further.test(subject.text)) yield* disguised(subject)
  },
  examples: {
    match: [
      'jane.doe@hospital.example',
      'jane.doe@example.org',
      'ask <Jörg.Müller@labor-süd.de>.',
      'jane.doe (at) example (dot) org',
      'jane [at] example.co.uk',
      'jane dot doe at example dot com',
      '"jane doe"@example.org',
      'mailto:jane+lab@mail.example.com?subject=run',
    ],
    noMatch: [
      'novaseq_flu@NovaSeq_1.26.10',
      'dna_r10.4.1_e8.2_400bps_sup@v5.0.0',
      'sbsuser@sequencer',
      'sbsuser@sequencer.local',
      'root@10.0.0.12',
      'aborted at cycle 12. restart',
      'look at example.org for help',
      '@',
    ],
  },
} as const satisfies TextDetector
