import type { JsonValue } from './canonical.ts'
import { spelledOctets } from './codings/octets.ts'
import { containerOf, type JsonObject } from './container.ts'
import { countPlain } from './drip/fragments.ts'
import { NucleotideCounter } from './drip/nucleotide-counter.ts'
import type { Detector, Span, Subject, TextDetector } from './detector.ts'
import { leadsTo, type Exception, type Step } from './exception.ts'
import { referenceToken } from './json-pointer.ts'
import { normalize } from './normalize.ts'
import { defaultPanels, type Panel } from './panel.ts'
import type { Path } from './paths.ts'
import type { Armed } from './sieve.ts'
import { OverBudget, textCodings, unwrapBytes, type Budget, type Inner } from './unwrap.ts'
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
  /** Nucleotides that texts spell in pieces too short for any detector, whatever the policy says of them; see `drip/`. */
  readonly nucleotides: number
}

/** More findings than this say nothing new to whoever reads them; that there may be more is to be reckoned with. */
export const MAX_FINDINGS = 100

/**
 * Shows every string, property name and number of the given parts to every detector, through nested encodings.
 * @throws whatever a detector throws
 */
export const scan = (parts: readonly Scanned[], limits: ScanLimits): Scan => {
  const budget = { remaining: limits.maxUnfolded }
  const ofCount = { remaining: limits.maxUnfolded }
  const found: Found = { findings: [], excepted: [], exceptions: new Set(), nucleotides: 0, overBudget: false }
  for (const part of parts) {
    const counter = new NucleotideCounter(limits.maxNesting, ofCount, { isCredential: part.isCredential })
    const scanner = new Scanner(part, limits.maxNesting, budget, counter, found)
    withinBudget(found, () => scanner.root(part.value))
  }
  return { ...found, exceptions: [...found.exceptions] }
}

/** What all parts together gave. */
type Found = {
  readonly findings: Finding[]
  readonly excepted: ExceptedFinding[]
  readonly exceptions: Set<string>
  nucleotides: number
  overBudget: boolean
}

/** Runs what may take more than the budget. */
const withinBudget = (found: Found, run: () => void): void => {
  try {
    run()
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error
    found.overBudget = true
  }
}

/** Ways of reading octets as characters, and nothing more. */
const PLAIN: ReadonlySet<string> = new Set(['utf-8', 'utf-16', 'strings'])

/** Ways of writing that are undone once on the way to any text. */
const ONCE: ReadonlySet<string> = new Set(textCodings.filter(({ once }) => once).map(({ id }) => id))

class Scanner {
  readonly #part: Scanned
  readonly #panel: Panel
  readonly #maxNesting: number
  readonly #budget: Budget
  readonly #counter: NucleotideCounter
  readonly #found: Found
  /** The way from the root to where the scanner is: at each step the index, the name of a member, and whether it must not be repeated. */
  readonly #indexes: number[] = []
  readonly #names: (string | null)[] = []
  readonly #hidden: boolean[] = []
  #depth = 0
  /** The names alone, and what is known of them. */
  #path: Path
  readonly #chain: string[] = []
  /** Whether what is looked at is nothing but an array of numbers read as characters. */
  #isSpelled = false
  /** Whether anything is learnt of texts here, and taken as known: not where some detector or coding is left out. */
  #learns: boolean
  /** How often a detector found something, also beyond what is listed. */
  #hits = 0
  /** How often a text spelled nucleotides, or would if it were not in an encoding: it has to be counted every time. */
  #spelling = 0

  constructor(part: Scanned, maxNesting: number, budget: Budget, counter: NucleotideCounter, found: Found) {
    this.#part = part
    this.#panel = part.panel ?? defaultPanels.whole
    this.#path = this.#panel.paths.root
    this.#learns = this.#panel.remembers
    this.#maxNesting = maxNesting
    this.#budget = budget
    this.#counter = counter
    this.#found = found
  }

  root(value: JsonValue | Uint8Array): void {
    if (!(value instanceof Uint8Array)) return this.#value(value)
    this.#bytes(value)
    this.#count(() => this.#counter.bytes(value))
  }

  #value(value: JsonValue): void {
    if (!this.#isSettled(value, this.#path)) this.#look(value)
  }

  /** Whether a value needs no look: the text was clean here before, or nobody asks about a number here. Nearly every value of telemetry is. */
  #isSettled(value: JsonValue, path: Path): boolean {
    if (typeof value === 'number') return path.aroused === null
    if (typeof value === 'string') return this.#learns && path.isClean('value', value)
    return typeof value !== 'object' || value === null
  }

  /** @param value - which is not settled */
  #look(value: JsonValue): void {
    if (typeof value === 'string') this.#sift(value, 'value', this.#path.armed)
    else if (typeof value === 'object') {
      if (Array.isArray(value)) this.#array(value)
      else this.#object(value as JsonObject)
    } else this.#unlessClean(String(value), 'number', this.#path.aroused!)
  }

  #array(items: readonly JsonValue[]): void {
    const path = this.#path
    const depth = this.#step(null)
    for (let index = 0; index < items.length; index++) {
      const value = items[index]!
      if (this.#isSettled(value, path)) continue
      this.#indexes[depth] = index
      this.#look(value)
    }
    this.#depth = depth
    if (typeof items[0] === 'number') this.#spelled(items)
    this.#whole(items, items.length, 0)
  }

  /** Numbers that are octets or code points: a file or a text written as an array. */
  #spelled(items: readonly JsonValue[]): void {
    const inner = spelledOctets(items, this.#budget)
    if (inner !== null) this.#unwrapped('octets', inner)
  }

  /**
   * Takes all names and all values at once, so that no member is looked up by its name. (`for…in` would do the same, but not here: V8 compiles
   * it without the type feedback it needs, throws the code away at the next object, and starts over, which takes twice the time.)
   */
  #object(object: JsonObject): void {
    const outer = this.#path
    const { names } = this.#part
    const depth = this.#step(null)
    const values = Object.values(object)
    let index = 0
    let marks = 0
    let before: Path | null = null
    for (const name of Object.keys(object)) {
      const guess: Path | null = before === null ? outer.first : before.next
      const path: Path = guess !== null && guess.name === name ? guess : this.#under(outer, before, name)
      before = path
      marks |= path.marks
      const place = index++
      const value = values[place]!
      const mayRepeat = path.hasCleanName || names?.has(name) === true
      if (mayRepeat && this.#isSettled(value, path)) continue
      this.#indexes[depth] = place
      this.#names[depth] = name
      this.#hidden[depth] = false
      if (!mayRepeat) this.#name(path, depth)
      this.#path = path
      this.#value(value)
      this.#path = outer
    }
    this.#depth = depth
    this.#whole(object, index, marks)
  }

  /** The path with one more name, which is then the guess for the next time. @param before - of the name before this one */
  #under(outer: Path, before: Path | null, name: string): Path {
    const path = this.#panel.paths.under(outer, name)
    if (before === null) outer.first = path
    else before.next = path
    return path
  }

  /** @param size - the number of its members; `marks`: what their names say together, 0 for an array */
  #whole(value: readonly JsonValue[] | JsonObject, size: number, marks: number): void {
    const asked = this.#panel.containers.sift(value, size, marks)
    if (asked === null) return
    const container = containerOf(value, this.#path.keys)
    for (const place of asked) {
      const detector = this.#panel.value[place]!
      this.#report(detector, 'value', detector.find(container))
    }
  }

  /** One step further from the root; gives the place of what is known of it. */
  #step(name: string | null): number {
    const depth = this.#depth++
    this.#names[depth] = name
    this.#hidden[depth] = false
    return depth
  }

  /** A name in which something is found is never repeated, not even by the findings that it gives rise to. */
  #name(path: Path, depth: number): void {
    const { findings } = this.#found
    const from = findings.length
    const hits = this.#hits
    const spelling = this.#spelling
    this.#text(path.name, 'key')
    if (this.#hits === hits) {
      path.hasCleanName = this.#spelling === spelling
      return
    }
    this.#hidden[depth] = true
    const pointer = this.#pointer()
    for (let at = from; at < findings.length; at++) findings[at] = { ...findings[at]!, pointer }
  }

  #text(text: string, role: 'value' | 'key'): void {
    this.#unlessClean(text, role, this.#path.armed)
  }

  #unlessClean(text: string, role: Subject['role'], armed: Armed): void {
    if (!this.#learns || !this.#path.isClean(role, text)) this.#sift(text, role, armed)
  }

  /** @param text - of which nothing is known */
  #sift(text: string, role: Subject['role'], armed: Armed): void {
    const path = this.#path
    const learns = this.#learns
    const asked = this.#panel.sieve.sift(text, armed)
    const hits = this.#hits
    const spelling = this.#spelling
    if (asked !== null) this.#lookThrough(text, role, asked)
    if (learns && this.#hits === hits && this.#spelling === spelling) this.#panel.paths.addClean(path, role, text)
  }

  /** @param asked - places in the sieve of the panel: detectors, codings, disguise, fragments */
  #lookThrough(text: string, role: Subject['role'], asked: readonly number[]): void {
    const { text: detectors } = this.#panel
    const codings = detectors.length
    const disguise = codings + textCodings.length
    const subject = { text, role, keys: this.#path.keys }
    for (const place of asked) {
      if (place < codings) this.#detect(detectors[place]!, subject)
      else if (place < disguise) this.#undo(place - codings, text)
      else if (place === disguise) this.#undisguise(text, role)
      else this.#countText(text)
    }
  }

  /** The counter looks into encodings by itself. */
  #countText(text: string): void {
    if (this.#chain.length === 0) this.#count(() => this.#counter.text(text))
    else if (countPlain(text) !== 0) this.#spelling++
  }

  /** Where counting takes too much, the rest is looked through all the same, but what was not counted is not remembered. */
  #count(count: () => number): void {
    this.#spelling++
    withinBudget(this.#found, () => {
      const nucleotides = count()
      if (nucleotides === 0) this.#spelling--
      this.#found.nucleotides += nucleotides
    })
  }

  #detect(detector: TextDetector, subject: Subject): void {
    if (detector.spelledByNumbers === false && this.#isSpelled) return
    this.#report(detector, subject.role, detector.find(subject))
  }

  #undo(place: number, text: string): void {
    const { id, once, undo } = textCodings[place]!
    if (once && this.#chain.includes(id)) return
    for (const inner of undo(text, this.#budget)) this.#unwrapped(id, inner)
  }

  /** Base64 may be in disguise as well: full-width letters, or zero-width characters in between. */
  #undisguise(text: string, role: Subject['role']): void {
    const plain = normalize(text)
    const asked = plain === text ? null : this.#panel.sieve.sift(plain, this.#path.armed)
    if (asked !== null)
      this.#lookThrough(
        plain,
        role,
        asked.filter(place => place < this.#panel.text.length + textCodings.length),
      )
  }

  #bytes(bytes: Uint8Array): void {
    for (const detector of this.#panel.bytes) this.#report(detector, 'value', detector.find(bytes))
    for (const { coding, ...inner } of unwrapBytes(bytes, this.#budget)) this.#unwrapped(coding, inner)
  }

  #unwrapped(coding: string, inner: Inner): void {
    if (this.#chain.length >= this.#maxNesting) throw new OverBudget()
    const wasSpelled = this.#isSpelled
    const learnt = this.#learns
    this.#isSpelled = coding === 'octets' || (wasSpelled && PLAIN.has(coding))
    if (this.#isSpelled || ONCE.has(coding)) this.#learns = false
    this.#chain.push(coding)
    if (inner.kind === 'bytes') this.#bytes(inner.bytes)
    else if (inner.kind === 'json') this.#value(inner.value)
    else this.#text(inner.text, 'value')
    this.#chain.pop()
    this.#isSpelled = wasSpelled
    this.#learns = learnt
  }

  /** The first match of a detector in a text is enough to block it; an exception has to hold for all of them. */
  #report({ id, category }: Detector, role: Subject['role'], spans: Iterable<Span>): void {
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
    return exceptions.filter(one => one.detector === detector && leadsTo(one.pattern, this.#steps()))
  }

  /** The way from the root, step by step. */
  #steps(): Step[] {
    return this.#names.slice(0, this.#depth).map((name, depth) => ({
      index: this.#indexes[depth]!,
      name,
      isHidden: name !== null && (this.#hidden[depth]! || !this.#mayRepeat(name)),
    }))
  }

  #pointer(): string {
    return this.#steps()
      .map(({ index, name, isHidden }) => {
        if (name === null) return referenceToken(index)
        return isHidden ? `/#${index}` : referenceToken(name)
      })
      .join('')
  }

  #mayRepeat(name: string): boolean {
    return this.#part.names ? this.#part.names.has(name) : /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name)
  }
}

const firstOf = function* <Item>(items: Iterable<Item>): Iterable<Item> {
  for (const item of items) {
    yield item
    return
  }
}
