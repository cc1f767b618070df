/** What a detector is. Detectors are data with one function; `registry.ts` lists them. */

/** `sequence`: nucleotides, variants, reads. `identity` and `health`: persons. `secret`: credentials. */
export type Category = 'sequence' | 'identity' | 'health' | 'secret'

/** A stretch of the inspected text in UTF-16 code units, or of the inspected bytes in octets; `end` is exclusive. */
export type Span = { readonly start: number; readonly end: number }

/** One string that would leave: a value, a property name, or the decimal spelling of a number. */
export type Subject = {
  readonly text: string
  readonly role: 'value' | 'key' | 'number'
  /** Property, parameter or field names that lead to the text, outermost first; array indexes are left out. */
  readonly keys: readonly string[]
}

/** What one pass over a text tells cheaply, so that most detectors need not run. See `traits.ts`. */
export type Traits = {
  readonly length: number
  /** Number of decimal digits, and the longest run of them. */
  readonly digits: number
  readonly digitRun: number
  readonly letters: number
  readonly upper: number
  /** Longest run of nucleotide letters (A C G T U N, either case). */
  readonly baseRun: number
  /** How many nucleotide letters there are in all, wherever they stand. */
  readonly bases: number
  /** Longest run of characters of the base64 and base64url alphabets. */
  readonly base64Run: number
  /** Longest run of hexadecimal digits. */
  readonly hexRun: number
  readonly hasAt: boolean
  readonly hasTab: boolean
  readonly hasNewline: boolean
  readonly hasSpace: boolean
  readonly hasPercent: boolean
  readonly hasNonAscii: boolean
}

type Common = {
  /** Stable and never reused: it stands in policies and in log records. */
  readonly id: string
  readonly title: string
  readonly category: Category
  /** Where the rule comes from: a standard, a specification, a paper, or the measurement it rests on. */
  readonly source: string
  /** True: it goes by a structure that telemetry does not have. No policy can switch it off or except what it finds. */
  readonly mandatory?: true
  /** False: it is asked only where the policy switches it on. */
  readonly onByDefault?: false
}

/** Schema of one setting, with what it is for and what it is when nothing is said. */
type SettingSchema = {
  readonly description: string
  readonly default: unknown
  readonly [keyword: string]: unknown
}

/** What a policy may set, as data beside the detector. */
export type DetectorSettings = {
  /** Closed JSON Schema (draft 2020-12) of the settings. */
  readonly schema: {
    readonly type: 'object'
    readonly additionalProperties: false
    /** What is not set has its default. */
    readonly properties: Readonly<Record<string, SettingSchema>>
  }
  /** The search under settings that fit the schema and are complete. */
  readonly find: (settings: never) => TextDetector['find']
}

export type Example = string | { readonly text: string; readonly keys: readonly string[] }

/** Looks at text. Says where, never what; a throw blocks the message. */
export type TextDetector = Common & {
  readonly kind: 'text'
  /** False: it never finds anything in a number, whatever the names that lead to it, and is not asked. A test holds it to that. */
  readonly numbers?: false
  /** Whether `find` has to run at all. Must be true for every text in which `find` would find something. */
  readonly gate: (traits: Traits, subject: Subject) => boolean
  readonly find: (subject: Subject) => Iterable<Span>
  /** `gate` has to be true whatever they are. */
  readonly settings?: DetectorSettings
  readonly examples: { readonly match: readonly Example[]; readonly noMatch: readonly Example[] }
}

/** Looks at bytes that came out of base64, hexadecimal or a compressed stream. Examples are in base64. */
export type BytesDetector = Common & {
  readonly kind: 'bytes'
  readonly find: (bytes: Uint8Array) => Iterable<Span>
  readonly examples: { readonly match: readonly string[]; readonly noMatch: readonly string[] }
}

export type Detector = TextDetector | BytesDetector
