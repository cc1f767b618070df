import type { JsonValue } from '../canonical.ts'
import { openings } from '../closed-schema.ts'
import { embeddedPlaces, hasEmbedded, type EmbeddedPlaces } from '../embedded-places.ts'
import { readJson } from '../json.ts'
import type { Path } from '../json-pointer.ts'
import type { Panel } from '../panel.ts'
import { defaultLimits } from '../policy.ts'
import { scan } from '../scan.ts'
import { compileSchema, type Validator } from '../schema.ts'
import { keyOf, type Locate, type Problem } from './yaml-document.ts'
import type { RawSchema } from './raw-policy.ts'

/** Gives the text of a file that the policy refers to (a schema, a CA file), or null when there is none. */
export type ReadReference = (reference: string) => string | null

/** Follows a policy's references and compiles its schemas, and notes down whatever is wrong with them, and where. */
export class Proofreader {
  readonly problems: Problem[] = []
  /** Texts of the files the policy refers to: they belong to its digest. */
  readonly references: Record<string, JsonValue> = Object.create(null)
  readonly #closed = new WeakSet<object>()
  readonly #locate: Locate
  readonly #readReference: ReadReference
  readonly #panel: Panel

  /** @param panel - the detectors that the policy asks */
  constructor(locate: Locate, readReference: ReadReference, panel: Panel) {
    this.#locate = locate
    this.#readReference = readReference
    this.#panel = panel
  }

  report(path: Path, message: string): void {
    this.problems.push({ ...this.#locate(path), key: keyOf(path), message })
  }

  /** The text of a file; null when there is none, which is then reported. */
  reference(reference: string, path: Path): string | null {
    const text = this.#readReference(reference)
    if (text === null) this.report(path, `there is no file ${reference}`)
    else this.references[reference] = text
    return text
  }

  /** The schema itself, wherever it stands; null when it cannot be read, which is then reported. */
  schema(schema: RawSchema, path: Path): object | null {
    if (typeof schema === 'object') return schema
    const text = this.reference(schema, path)
    if (text === null) return null
    const reading = readJson(text, schemaLimits)
    if (reading.ok && typeof reading.value === 'object' && reading.value !== null) return reading.value
    this.report(path, `${schema} is not a JSON Schema${reading.ok ? '' : ` (${reading.fault})`}`)
    return null
  }

  /** A validator; one that admits nothing where the schema is open or not valid, which is then reported. */
  compile(schema: object, path: Path): Validator {
    const open = openings(schema)
    for (const { pointer, problem, hint } of open) this.report(path, `${problem} at ${pointer || '/'}: ${hint}`)
    try {
      if (open.length === 0) {
        const validate = compileSchema(schema)
        this.#closed.add(schema)
        return validate
      }
    } catch (error) {
      this.report(path, `not a valid schema: ${(error as Error).message}`)
    }
    return () => ({ ok: false, keyword: 'schema', path: [] })
  }

  /** Where strings of a schema that was compiled hold JSON; null also where the schema was refused. */
  embedded(schema: object): EmbeddedPlaces | null {
    return this.#closed.has(schema) ? embeddedPlaces(schema).places : null
  }

  /** The same for a value in which no string is read as JSON. */
  compilePlain(schema: object, path: Path): Validator {
    if (hasEmbedded(schema))
      this.report(path, 'JSON in strings is read in bodies and parts of the kinds json and ndjson only')
    return this.compile(schema, path)
  }

  /** Names that a schema spells are not looked through again in every message, so they are here, once. */
  harmless(names: ReadonlySet<string>, path: Path): void {
    const value = [...names].map(name => ({ [name]: null }))
    const { findings } = scan([{ surface: 'body', value, names: null, panel: this.#panel }], defaultLimits)
    for (const detector of new Set(findings.map(({ detector }) => detector)))
      this.report(path, `one of its property names holds what the detector ${detector} looks for`)
  }
}

/** A schema file is as strict JSON as a payload is, but may be larger. */
export const schemaLimits = { maxDepth: 128, maxMembers: 1_000_000, maxStringLength: 1_000_000 }
