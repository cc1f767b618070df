import type { TextDetector } from '../detector.ts'

const host = '(?:[a-z\\d-]{1,20}\\.){0,2}'
/** Pages of persons on sites where every page of that path is one. */
const profile = `${host}(?:linkedin\\.com/(?:in|pub)/|facebook\\.com/(?!help|policies|privacy)|instagram\\.com/|(?:twitter|x)\\.com/|xing\\.com/profile/|researchgate\\.net/profile/|orcid\\.org/\\d{4}-|github\\.com/users/|tiktok\\.com/@|youtube\\.com/@|t\\.me/|wa\\.me/\\d)[\\p{L}\\d._%@-]{2,64}`
const somebody =
  '(?:patients?|pacientes?|patienten|subjects?|donors?|persons?|people|users?|members?|employees?|staff|accounts?|profiles?)'
/** A resource of one person: /patients/88120, /users/jane.doe, /~jdoe, ?patientId=7, but not /users/me or /patients/search. */
const resource = `[^\\s"'<>?#]{1,200}/(?:${somebody}/(?!me(?![\\p{L}\\d])|self|search|list|new|login|all)(?:[\\p{L}._%-]{0,60}\\d[\\p{L}\\d._%-]{0,60}|[\\p{L}]{2,30}[._-][\\p{L}]{2,30})|~\\p{L}[\\p{L}\\d._-]{1,40})`
const query = `[^\\s"'<>#]{1,400}[?&](?:patient|subject|donor|mrn|user|member|person|email)(?:_?(?:id|name|no|number))?=[^\\s"'<>&#]{2,100}`
const url = new RegExp(`(?<![\\p{L}\\d])https?://(?:${profile}|${resource}|${query})`, 'giu')
/** What instruments and their makers run under: service accounts, not persons. */
const nobody = /\/(?:users?|accounts?)\/(?:sbsuser|admin|system|service|illumina|minknow|pacbio|instrument)/i

export const personalUrl = {
  kind: 'text',
  id: 'personal-url',
  title: 'Web address of a person',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(N): web universal resource locators; FHIR R5 RESTful API (Patient/[id])',
  needs: [{ colons: 1, letters: 10, has: ':/' }],
  *find({ text }) {
    for (const { 0: written, index } of text.matchAll(url))
      if (!nobody.test(written)) yield { start: index, end: index + written.length }
  },
  examples: {
    match: [
      'https://www.linkedin.com/in/jane-doe-4b21',
      'https://lims.example.org/api/patients/881204/samples',
      'https://lims.example.org/users/jane.doe',
      'https://www.example.org/~jdoe/',
      'https://lims.example.org/view?patientId=881204',
    ],
    noMatch: [
      'https://mirror.oxfordnanoportal.com/software/MinKNOW/',
      'https://lims.example.org/users/me',
      'https://basespace.illumina.com/runs/265912345',
      'https://example.org/account/settings',
    ],
  },
} as const satisfies TextDetector
