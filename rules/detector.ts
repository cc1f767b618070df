import type { JsonValue } from './canonical.ts'
import type { Container, ContainerNeed } from './container.ts'
import type { Need } from './sieve.ts'

/** What a detector is. Detectors are data with one function; `registry.ts` lists them. */

/** `sequence`: nucleotides, variants, reads. `identity` and `health`: persons. `secret`: credentials. */
export type Category = 'sequence' | 'identity' | 'health' | 'secret'

/**
 * A stretch of the inspected text in UTF-16 code units, of the inspected bytes in octets, or of the members of an array or object;
 * `end` is exclusive.
 */
export type Span = { readonly start: number; readonly end: number }

/** One string that would leave: a value, a property name, or the decimal spelling of a number. */
export type Subject = {
  readonly text: string
  readonly role: 'value' | 'key' | 'number'
  /** Property, parameter or field names that lead to the text, outermost first; array indexes are left out. */
  readonly keys: readonly string[]
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
  /** False: measurements look like what it finds, so it is not asked about text that an array of numbers spells. */
  readonly spelledByNumbers?: false
  /**
   * What a text must have before `find` runs at all: it meets one of these. Every text in which `find` would find something has to;
   * a test holds it to that. A number is shown only to detectors with needs that ask for names, where the names are those.
   */
  readonly needs: readonly Need[]
  readonly find: (subject: Subject) => Iterable<Span>
  /** What is found under them has to meet `needs` as well. */
  readonly settings?: DetectorSettings
  readonly examples: { readonly match: readonly Example[]; readonly noMatch: readonly Example[] }
}

/** Looks at bytes that came out of base64, hexadecimal or a compressed stream. Examples are in base64. */
export type BytesDetector = Common & {
  readonly kind: 'bytes'
  readonly find: (bytes: Uint8Array) => Iterable<Span>
  readonly examples: { readonly match: readonly string[]; readonly noMatch: readonly string[] }
}

/** A container as an example, alone or with the names that lead to it. */
export type ValueExample = { readonly value: Contents; readonly keys?: readonly string[] }
type Contents = readonly JsonValue[] | { readonly [name: string]: JsonValue }

/** Looks at arrays and objects as a whole, for what is spread over their members. Says which members, never what they say. */
export type ValueDetector = Common & {
  readonly kind: 'value'
  /**
   * What an array or object must be before `find` runs at all: it meets one of these. Every container in which `find` would find
   * something has to; a test holds it to that.
   */
  readonly needs: readonly ContainerNeed[]
  /** In time linear in the members, and in the members of these. */
  readonly find: (container: Container) => Iterable<Span>
  readonly examples: { readonly match: readonly ValueExample[]; readonly noMatch: readonly ValueExample[] }
}

export type Detector = TextDetector | BytesDetector | ValueDetector
