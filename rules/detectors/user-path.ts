import type { Span, TextDetector } from '../detector.ts'

/** Directories and accounts that every computer has, and those that instruments run under. */
const nobody =
  /^(?:public|default|default user|all users|shared|share|users?|admin|administrator|root|guest|user ?name|your.{0,3}name|name|me|system|service|runner|builder|node|app|data|illumina|sbsuser|sbs|lab|labuser|sequser|seq|instrument|sequencer|minion|grid|prom|promethion|gridion|minknow|pacbio|smrt|smrtanalysis|smrtlink|dragen|ilmn.*|novaseq.*|nextseq.*|miseq.*|hiseq.*|element|aviti|mgi|zlims|operator|tmp|temp|transfer|ubuntu|debian|ec2-user|centos|nt authority|nt service|builtin|workgroup|localhost)$/i

const user = "[\\p{L}\\p{N}._'~$ -]{1,40}?"
/** Where the user's name stands in a path of Unix, macOS, Windows, a share (also with doubled, escaped backslashes) or a URL. */
const patterns = [
  new RegExp(
    `(?<![\\p{L}\\p{N}_])(?:/home/|/Users/|/export/home/|/var/home/)(${user.replace(' ', '')})(?=[/"'\\s:;,)]|$)`,
    'gu',
  ),
  new RegExp(
    `(?<![\\p{L}\\p{N}])[A-Za-z]:[\\\\/]{1,4}(?:Users|Documents and Settings)[\\\\/]{1,4}(${user})(?=[\\\\/"';,:]|$)`,
    'giu',
  ),
  new RegExp(
    `[\\\\]{2,4}[\\p{L}\\p{N}._-]{1,64}[\\\\]{1,2}(?:Users|home|homes|profiles)\\$?[\\\\]{1,2}(?:transfer[\\\\]{1,2})?(${user})(?=[\\\\/"';,:]|$)`,
    'giu',
  ),
] as const

/**
 * `DOMAIN\user` as Windows writes an account, the domain in capitals. A path such as `D:\Illumina` or `\\host\share` is
 * not one, nor is an escaped line break between two words.
 */
const account =
  /(?<![\p{L}\p{N}\\/:._$-])[A-Z][A-Z\d-]{1,14}\\{1,2}(?![nrt]\p{Lu})(\p{L}[\p{L}\d._-]{1,30})(?![\p{L}\p{N}\\/._-])/gu

const isPerson = (name: string | undefined): boolean =>
  name !== undefined && !nobody.test(name.trim()) && /\p{L}/u.test(name)

const isFile = (name: string): boolean =>
  /\.(?:exe|dll|xml|json|log|txt|csv|bin|cfg|config|ini|dat|bat|ps1|zip|tif|jpg)$/i.test(name)

export const userPath = {
  kind: 'text',
  id: 'user-path',
  title: 'Path or account that names a user',
  category: 'identity',
  source: 'measured: RunParameters.xml and SampleSheet paths of real runs hold user directories and DOMAIN\\user',
  needs: [
    { has: '\\', letters: 2 },
    { has: '/', letterRun: 4 },
  ],
  *find({ text }): Iterable<Span> {
    for (const pattern of patterns)
      for (const hit of text.matchAll(pattern))
        if (isPerson(hit[1])) yield { start: hit.index, end: hit.index + hit[0].length }
    for (const hit of text.matchAll(account))
      if (isPerson(hit[1]) && !isFile(hit[1]!)) yield { start: hit.index, end: hit.index + hit[0].length }
  },
  examples: {
    match: [
      '/home/jdoe/runs',
      'C:\\Users\\jane.doe\\Desktop\\SampleSheet.csv',
      '\\\\nas01\\Users\\transfer\\jdoe\\sheet.csv',
      'CLINIC\\jdoe',
      'file:///Users/jane/x',
    ],
    noMatch: [
      '/home/sbsuser/runs',
      'C:\\Users\\Public\\x',
      'D:\\Illumina\\MiSeqOutput',
      '/var/log/minknow',
      'NT AUTHORITY\\SYSTEM',
      'and/or',
    ],
  },
} as const satisfies TextDetector
