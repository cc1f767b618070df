import { inLastKey, lastKey } from './parts/context.ts'
import type { TextDetector } from '../detector.ts'

/** Prefixes that issuers publish so that scanners can know their keys. */
const known =
  /(?<![A-Za-z\d_-])(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}|gh[pousr]_[A-Za-z\d]{36,255}|github_pat_[A-Za-z\d_]{40,255}|glpat-[A-Za-z\d_-]{20,64}|xox[abeprs]-[A-Za-z\d-]{10,250}|xapp-\d-[A-Za-z\d-]{10,250}|sk_(?:live|test)_[A-Za-z\d]{16,128}|rk_(?:live|test)_[A-Za-z\d]{16,128}|sk-(?:ant-|proj-)?[A-Za-z\d_-]{20,200}|AIza[A-Za-z\d_-]{35}|ya29\.[A-Za-z\d_-]{20,500}|npm_[A-Za-z\d]{36}|pypi-[A-Za-z\d_-]{50,250}|SG\.[A-Za-z\d_-]{16,32}\.[A-Za-z\d_-]{32,64}|hf_[A-Za-z\d]{30,64}|dop_v1_[a-f\d]{64}|hvs\.[A-Za-z\d_-]{20,200}|shpat_[a-fA-F\d]{32}|AccountKey=[A-Za-z\d+/=]{40,100})(?![A-Za-z\d])/g

const issued = /A(?:KIA|SIA|BIA|CCA)|_|-|AIza|ya29|SG\.|AccountKey/

const secret =
  '(?:pass(?:word|wd|phrase|code)|pwd|secret|secret[ _-]?key|api[ _-]?key|apikey|access[ _-]?(?:key|token)|auth[ _-]?token|bearer[ _-]?token|refresh[ _-]?token|client[ _-]?secret|private[ _-]?key|session[ _-]?token|id[ _-]?token|mot de passe|passwort|kennwort|contrase[nñ]a|clave de acceso|senha|l[oö]senord|adgangskode|passord|salasana)'
const assigned = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:[A-Za-z\\d]{1,20}[_-])?${secret}["']?\\s{0,3}(?::|=|=>|\\bis\\b)\\s{0,3}["']?([^\\s"',;&]{4,200})`,
  'giu',
)
const bearer =
  /(?<![\p{L}\p{N}])(?:Authorization\s{0,2}[:=]\s{0,2})?(?:Bearer|Basic)\s{1,2}([A-Za-z\d+/_.~=-]{16,2000})/gu
/** Each of the two, behind what every match of it holds: to look for a few letters is quicker. */
const forms = [
  [
    /pass[cpwo]|de passe|pwd|secret|(?:api|access|private)[ _-]?key|token|kennwort|contrase|clave|senha|senord|adgangskode|salasana/iu,
    assigned,
  ],
  [/B(?:earer|asic)\s/, bearer],
] as const
/** User and password in the authority of a URL (RFC 3986 section 3.2.1). */
const userinfo = /(?<![\p{L}\p{N}])[A-Za-z][A-Za-z\d+.-]{1,15}:\/\/[^\s/@:]{1,64}:[^\s/@]{1,128}@/gu

const secretKey = new RegExp(`(?:^| )(?:${secret}|token|credentials?|authorization|pin code)$`, 'u')
/** What stands where a secret is not: switches, placeholders, masks, kinds. */
const empty =
  /^(?:true|false|null|none|yes|no|on|off|unset|set|undefined|n\/a|redacted|hidden|masked|required|optional|enabled|disabled|expired|invalid|valid|missing|incorrect|accepted|rejected|changed|\*{2,}|x{3,}|•+|<[^>]{0,40}>|\$\{[^}]{0,60}\}|\[[^\]]{0,40}\]|\.{3})$/i

const isSecret = (value: string): boolean => value.length >= 4 && !empty.test(value) && /[\p{L}\d]/u.test(value)

export const apiKey = {
  kind: 'text',
  id: 'api-key',
  title: 'API key, password or access token',
  category: 'secret',
  source:
    'key prefixes as their issuers publish them for secret scanning; RFC 6750 section 2.1; RFC 3986 section 3.2.1',
  needs: [
    { length: 4, under: lastKey(secretKey) },
    { longestWord: 20, upper: 4, nonHex: 1 },
    { base64Run: 16, lower: 2, nonHex: 1, letterRun: 2 },
    { has: '.', base64Run: 16, upper: 2 },
    { has: '=', letters: 3 },
    { has: ':', letters: 3 },
    { blanks: 2, letters: 5 },
    { blanks: 1, base64Run: 16, letters: 5 },
  ],
  *find(subject) {
    const { text, role } = subject
    if (role !== 'key' && inLastKey(subject, secretKey) && isSecret(text.trim())) {
      yield { start: 0, end: text.length }
      return
    }
    if (text.length < 8) return
    if (issued.test(text))
      for (const { 0: written, index } of text.matchAll(known)) yield { start: index, end: index + written.length }
    if (text.includes('://'))
      for (const { 0: written, index } of text.matchAll(userinfo)) yield { start: index, end: index + written.length }
    for (const [may, pattern] of forms)
      for (const hit of may.test(text) ? text.matchAll(pattern) : [])
        if (isSecret(hit[1]!)) yield { start: hit.index, end: hit.index + hit[0].length }
  },
  examples: {
    match: [
      'AKIAQWERTYUIOPASDFGH',
      'ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8',
      'xoxb-123456789012-madeupmadeup',
      'password=hunter22',
      'https://jane:s3cretpw@example.org/x',
      'Authorization: Bearer abcdefghijklmnop1234',
      { text: 'hunter22', keys: ['UserInfo', 'password'] },
    ],
    noMatch: [
      'password required',
      'the password is required',
      { text: 'true', keys: ['password'] },
      { text: 'sqk-lsk114', keys: ['kit'] },
      'AKIA',
      'token ring',
    ],
  },
} as const satisfies TextDetector
