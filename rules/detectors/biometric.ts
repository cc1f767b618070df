import { inKeys, keywords, anyKey } from './parts/context.ts'
import type { TextDetector } from '../detector.ts'

const word = keywords(
  'finger ?prints?',
  'fingerprint ?(?:template|image|scan|minutiae)s?',
  'biometr(?:ic|ics|ie|isch\\p{L}*|ico|ica)(?: ?(?:data|template|id))?',
  'iris ?(?:scan|code|template|image)s?',
  'retinal? ?(?:scan|image)s?',
  'voice ?(?:print|template|sample)s?',
  '(?:face|facial) ?(?:template|embedding|encoding|vector|print|geometry|recognition|id|features?)s?',
  'palm ?(?:print|vein|scan)s?',
  'hand ?geometry',
  'empreintes? ?digitales?',
  'fingerabdr(?:uck|ucke|uecke)',
  'huellas? ?(?:dactilar(?:es)?|digital(?:es)?)',
  'impront[ae] ?digital[ei]',
)
/** Certificates, keys and programs have fingerprints too. */
const thing = keywords(
  'cert(?:ificate)?s?', 'key', 'ssh', 'tls', 'ca', 'public', 'host', 'issuer', 'sentry', 'query', 'config', 'schema', 'software', 'error', 'log', 'file', 'hash', 'sha ?\\d{1,3}', 'md ?5', 'device', 'instrument', 'x ?509', 'git',
) // prettier-ignore
/** Digests as tools write them. */
const digest =
  /^(?:SHA-?\d{1,3}:[A-Za-z\d+/=]{20,90}|(?:[\da-f]{2}:){15,63}[\da-f]{2}|[\da-f]{32}|[\da-f]{40}|[\da-f]{64})$/i

export const biometric = {
  kind: 'text',
  id: 'biometric',
  title: 'Biometric identifier',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(P): biometric identifiers, including finger and voice prints',
  needs: [{ length: 1, under: anyKey(word) }],
  *find(subject) {
    if (subject.role === 'key' || !inKeys(subject, word) || inKeys(subject, thing)) return
    const text = subject.text.trim()
    if (
      /[\p{L}\d]/u.test(text) &&
      !/^(?:true|false|none|null|enabled|disabled|on|off)$/i.test(text) &&
      !digest.test(text)
    )
      yield { start: 0, end: subject.text.length }
  },
  examples: {
    match: [
      { text: 'Rk1SACAyMAAAAAEIAAAB', keys: ['fingerprint'] },
      { text: '0.12', keys: ['faceTemplate'] },
      { text: '0011223344', keys: ['biometrics', 'palm'] },
      { text: 'AAECAwQ', keys: ['patient', 'iris_scan'] },
    ],
    noMatch: [
      'Rk1SACAyMAAAAAEIAAAB',
      { text: 'SHA256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b', keys: ['fingerprint'] },
      { text: 'a1b2', keys: ['certificate', 'fingerprint'] },
      { text: 'disabled', keys: ['biometrics'] },
    ],
  },
} as const satisfies TextDetector
