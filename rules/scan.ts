import type { JsonValue } from './canonical.ts'
import type { CleanTexts, Shelf } from './clean-texts.ts'
import type { BytesDetector, Span, Subject, TextDetector, Traits } from './detector.ts'
import { leadsTo, type Exception, type Step } from './exception.ts'
import { referenceToken } from './json-pointer.ts'
import { normalize } from './normalize.ts'
import { defaultPanels, type Panel } from './panel.ts'
import { traitsOf } from './traits.ts'
import { OverBudget, unwrap, unwrapBytes, type Budget, type Unwrapped } from './unwrap.ts'
import type { ExceptedFinding, Finding, Surface } from './verdict.ts'

/** A part of a request that would leave, to be looked through. */
export type Scanned = {
  readonly surface: Surface
  /** Octets where it is not known what they mean. */
  readonly value: JsonValue | Uint8Array
  /**
   * Property names that the policy itself spells. They say nothing that the policy does not say: a place may repeat them, and
   * they are not looked through (`parsePolicy` has done that). Null where no schema names any: then a harmless-looking name is
   * repeated.
   */
  readonly names: ReadonlySet<string> | null
  /** The detectors to ask; those that are on by default when absent. */
  readonly panel?: Panel
  /** Its texts are meant to be random. */
  readonly isCredential?: boolean
  /** What may be found in it all the same. */
  readonly exceptions?: readonly Exception[]
}

export type ScanLimits = {
  /** Characters and octets that nested encodings may unfold to. */
  readonly maxUnfolded: number
  /** Encodings within encodings that are undone. */
  readonly maxNesting: number
}

export type Scan = {
  readonly findings: readonly Finding[]
  /** The payload unfolds to more than was looked at: nobody knows what the rest is. */
  readonly overBudget: boolean
  /** What was found and let pass by an exception. */
  readonly excepted: readonly ExceptedFinding[]
  /** Ids of all exceptions that let something pass, also beyond what is listed. */
  readonly exceptions: readonly string[]
}

/** More findings than this say nothing new. */
const MAX_FINDINGS = 100

/**
 * Shows every string, property name and number of the given parts to every detector, through nested encodings.
 * @throws whatever a detector throws
 */
export const scan = (parts: readonly Scanned[], limits: ScanLimits): Scan => {
  const budget = { remaining: limits.maxUnfolded }
  const found: Found = { findings: [], excepted: [], exceptions: new Set() }
  let overBudget = false
  for (const part of parts) {
    const scanner = new Scanner(part, limits.maxNesting, budget, found)
    try {
      scanner.root(part.value)
    } catch (error) {
      if (!(error instanceof OverBudget)) throw error
      overBudget = true
    }
  }
  return { ...found, exceptions: [...found.exceptions], overBudget }
}

/** What all parts together gave. */
type Found = {
  readonly findings: Finding[]
  readonly excepted: ExceptedFinding[]
  readonly exceptions: Set<string>
}

/** Where the scanner is: it changes as the scanner goes on. */
type Moving<Of> = { -readonly [Key in keyof Of]: Of[Key] }

class Scanner {
  readonly #part: Scanned
  readonly #panel: Panel
  readonly #maxNesting: number
  readonly #budget: Budget
  readonly #found: Found
  readonly #steps: Moving<Step>[] = []
  readonly #keys: string[] = []
  readonly #chain: string[] = []
  readonly #clean: CleanTexts | null
  /** What is known of the texts where the scanner is. */
  #shelf: Shelf | null
  /** How often a detector found something, also beyond what is listed. */
  #hits = 0

  constructor(part: Scanned, maxNesting: number, budget: Budget, found: Found) {
    this.#part = part
    this.#panel = part.panel ?? defaultPanels.whole
    this.#clean = this.#panel.clean
    this.#shelf = this.#clean?.root ?? null
    this.#maxNesting = maxNesting
    this.#budget = budget
    this.#found = found
  }

  root(value: JsonValue | Uint8Array): void {
    if (value instanceof Uint8Array) this.#bytes(value)
    else this.#value(value)
  }

  #value(value: JsonValue): void {
    if (typeof value === 'string') this.#text(value, 'value')
    else if (typeof value === 'number') this.#number(value)
    else if (Array.isArray(value)) this.#array(value)
    else if (value !== null && typeof value === 'object') this.#object(value)
  }

  #array(items: readonly JsonValue[]): void {
    const step = { index: 0, name: null, isHidden: false }
    this.#steps.push(step)
    for (const item of items) {
      this.#value(item)
      step.index++
    }
    this.#steps.pop()
  }

  #object(object: { readonly [key: string]: JsonValue }): void {
    const shelf = this.#shelf
    for (const [index, name] of Object.keys(object).entries()) {
      const step = { index, name, isHidden: !this.#mayRepeat(name) }
      this.#steps.push(step)
      if (!this.#part.names?.has(name)) this.#name(name, step)
      this.#keys.push(name)
      this.#shelf = shelf && this.#clean!.under(shelf, name)
      this.#value(object[name]!)
      this.#shelf = shelf
      this.#keys.pop()
      this.#steps.pop()
    }
  }

  #mayRepeat(name: string): boolean {
    return this.#part.names ? this.#part.names.has(name) : /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name)
  }

  /** A name in which something is found is never repeated, not even by the findings that it gives rise to. */
  #name(name: string, step: Moving<Step>): void {
    const { findings } = this.#found
    const from = findings.length
    const hits = this.#hits
    this.#text(name, 'key')
    if (this.#hits === hits) return
    step.isHidden = true
    const pointer = this.#pointer()
    for (let at = from; at < findings.length; at++) findings[at] = { ...findings[at]!, pointer }
  }

  /** A number is shown as it is written; nothing is coded in it that could be undone. */
  #number(value: number): void {
    const shelf = this.#shelf
    if (shelf?.clean.number.has(value)) return
    const hits = this.#hits
    this.#detect(String(value), 'number', this.#panel.number)
    if (shelf && this.#hits === hits) this.#clean!.addNumber(shelf, value)
  }

  #text(text: string, role: 'value' | 'key'): void {
    const shelf = this.#shelf
    if (shelf?.clean[role].has(text)) return
    const hits = this.#hits
    this.#lookThrough(text, role)
    if (shelf && this.#hits === hits) this.#clean!.addText(shelf, role, text)
  }

  #lookThrough(text: string, role: 'value' | 'key'): void {
    const traits = this.#detect(text, role, this.#panel.text)
    this.#unwrap(text, traits)
    if (!traits.hasNonAscii) return
    const plain = normalize(text)
    // Base64 may be in disguise as well: full-width letters, or zero-width characters in between.
    if (plain !== text) this.#unwrap(plain, this.#detect(plain, role, this.#panel.text))
  }

  #unwrap(text: string, traits: Traits): void {
    for (const inner of unwrap(text, traits, this.#chain, this.#budget)) this.#unwrapped(inner)
  }

  #detect(text: string, role: Subject['role'], asked: readonly TextDetector[]): Traits {
    const traits = traitsOf(text)
    const subject = { text, role, keys: this.#keys }
    for (const detector of asked)
      if (detector.gate(traits, subject)) this.#report(detector, role, detector.find(subject))
    return traits
  }

  #bytes(bytes: Uint8Array): void {
    for (const detector of this.#panel.bytes) this.#report(detector, 'value', detector.find(bytes))
    for (const inner of unwrapBytes(bytes, this.#budget)) this.#unwrapped(inner)
  }

  #unwrapped(inner: Unwrapped): void {
    if (this.#chain.length >= this.#maxNesting) throw new OverBudget()
    this.#chain.push(inner.coding)
    if (inner.kind === 'bytes') this.#bytes(inner.bytes)
    else if (inner.kind === 'json') this.#value(inner.value)
    else this.#text(inner.text, 'value')
    this.#chain.pop()
  }

  /** The first match of a detector in a text is enough to block it; an exception has to hold for all of them. */
  #report({ id, category }: TextDetector | BytesDetector, role: Subject['role'], spans: Iterable<Span>): void {
    const exceptions = this.#exceptionsOf(id, role)
    const [first, ...more] = exceptions.length > 0 ? spans : firstOf(spans)
    if (!first) return
    this.#hits++
    const length = more.reduce((sum, { start, end }) => sum + end - start, first.end - first.start)
    const exception = exceptions.find(({ maxLength }) => length <= maxLength)
    if (exception) this.#found.exceptions.add(exception.id)
    const list = exception ? this.#found.excepted : this.#found.findings
    if (list.length >= MAX_FINDINGS) return
    const place = { surface: this.#part.surface, pointer: this.#pointer() }
    const finding = { ...place, detector: id, category, chain: [...this.#chain], length }
    if (exception) this.#found.excepted.push({ ...finding, exception: exception.id })
    else this.#found.findings.push(finding)
  }

  /** The exceptions for a detector here: of values, not of names, and not of what stands in an encoding. */
  #exceptionsOf(detector: string, role: Subject['role']): readonly Exception[] {
    const { exceptions } = this.#part
    if (!exceptions?.length || role === 'key' || this.#chain.length > 0) return []
    return exceptions.filter(one => one.detector === detector && leadsTo(one.pattern, this.#steps))
  }

  #pointer(): string {
    return this.#steps
      .map(({ index, name, isHidden }) => {
        if (name === null) return referenceToken(index)
        return isHidden ? `/#${index}` : referenceToken(name)
      })
      .join('')
  }
}

const firstOf = function* <Item>(items: Iterable<Item>): Iterable<Item> {
  for (const item of items) {
    yield item
    return
  }
}
