import { patternLanguage } from '../../capacity/pattern-language.ts'
import type { Rule } from './number-rule.ts'
import type { OmissionReason } from './omission.ts'
import { agreedRange, isSupported, supported, Tally, tallyIn, totalOf, type Demand, type Tallies } from './support.ts'

/**
 * Patterns by shape. A string is cut at the characters that are neither letter nor digit, which stay as they are, and between
 * them into runs of digits, upper-case and lower-case letters. Strings of one sequence of runs have one shape; where letters
 * and digits mix at random (`HK33MDRX3`), what stands between two separators counts as one run.
 *
 * Lengths: a run of digits keeps its length where that never varies and is four or more, or where a leading zero shows that it is
 * padded; letters keep theirs where it never varies; others may be one shorter or longer than seen. Letters that never vary
 * stand as they are; a few that do, as a list.
 */
export const patternRule = (strings: Tallies<string>, demand: Demand): Rule => {
  const odd = new Map([...strings].filter(([text]) => !wellShaped.test(text)))
  if (totalOf(odd) * STRAY_SHARE > totalOf(strings)) return { ok: false, reason: 'free-text', rejected: 0 }
  const groups = groupsOf(new Map([...strings].filter(([text]) => !odd.has(text))), coarseKey, demand)
  if (groups === null) return { ok: false, reason: 'no-common-shape', rejected: 0 }
  const branches: Branch[] = []
  for (const group of groups) {
    const some = branchesOf(group, demand)
    if (typeof some === 'string') return { ok: false, reason: some, rejected: 0 }
    branches.push(...some)
  }
  return branches.length > MAX_BRANCHES
    ? { ok: false, reason: 'no-common-shape', rejected: 0 }
    : ruleOf(branches, strings.size)
}

/** ASCII without quotes, brackets and what else no identifier, version or time has; not too long. */
const wellShaped = /^[A-Za-z0-9 _.:+/@,=()#%;-]{1,64}$/

const MAX_SHAPES = 4
const MAX_BRANCHES = 8
/** Of all strings, at most one in so many may have a shape that was turned away. */
const STRAY_SHARE = 10
/** A list of letters holds at most so many, each seen this often on average; so are shapes that letters and digits make. */
const MAX_LETTERINGS = 8
const REPEATS = 4
/** A varying run of more letters than this is a word. */
const MAX_LETTERS = 3
/** Nucleotides in a row that a pattern may admit: one less than the detectors' threshold. */
const MAX_RUN = 11
const nucleotides = 'ACGTUNacgtun'
/** Free letters, or letters and digits, in all; and digits in all. */
const MAX_FREE = 14
const MAX_DIGITS = 24

type KeyOf = (text: string) => string

const fineKey: KeyOf = text =>
  text
    .replaceAll(/[0-9]+/g, '\u0000')
    .replaceAll(/[A-Z]+/g, 'A')
    .replaceAll(/[a-z]+/g, 'a')

const coarseKey: KeyOf = text => text.replaceAll(/[A-Za-z0-9]+/g, 'A')

/** The strings of each key that enough sources show, or null when there are too many keys, or too many strings beside these. */
const groupsOf = (strings: Tallies<string>, keyOf: KeyOf, demand: Demand): readonly Tallies<string>[] | null => {
  const groups = new Map<string, Map<string, Tally>>()
  const tallies: Tallies<string> = new Map()
  for (const [text, tally] of strings) {
    const key = keyOf(text)
    tallyIn(tallies, key).include(tally)
    groups.set(key, (groups.get(key) ?? new Map<string, Tally>()).set(text, tally))
  }
  const { kept } = supported(tallies, demand)
  const seen = totalOf(kept)
  if (kept.size === 0 || kept.size > MAX_SHAPES || (totalOf(tallies) - seen) * STRAY_SHARE > seen) return null
  return [...kept.keys()].sort().map(key => groups.get(key)!)
}

/**
 * Tells strings apart by the runs of a segment where that gives few shapes, which recur, and each of which makes a pattern; where
 * it does not, the segment is a mixture.
 */
const branchesOf = (group: Tallies<string>, demand: Demand, from = 0): readonly Branch[] | OmissionReason => {
  const [first = ''] = group.keys()
  for (let index = from; index < segmentsOf(first).length; index++) {
    const parts = groupsOf(group, text => fineKey(segmentsOf(text)[index]!), demand)
    if (parts === null || (parts.length > 1 && totalOf(group) < REPEATS * parts.length)) continue
    if (parts.length === 1) {
      group = parts[0]!
      continue
    }
    const branches = parts.map(part => branchesOf(part, demand, index + 1))
    if (branches.every(some => typeof some !== 'string')) return branches.flat()
  }
  const branch = branchOf(group, demand)
  return typeof branch === 'string' ? branch : [branch]
}

/** A stretch of the pattern, the most characters it takes, and how many of these may be nucleotide letters or digits. */
type Piece = {
  readonly pattern: string
  readonly length: number
  /** Free letters, or letters and digits: any of them may be a nucleotide. */
  readonly free: number
  readonly digits: number
  /** Letters that are not the same in every string. */
  readonly isVarying: boolean
}

/** `strings`: how many distinct ones it was made from. */
type Branch = { readonly pattern: string; readonly length: number; readonly strings: number }

const tokenOf = /[0-9]+|[A-Z]+|[a-z]+|[^A-Za-z0-9]/g
const segmentOf = /[A-Za-z0-9]+|[^A-Za-z0-9]/g

const segmentsOf = (text: string): readonly string[] => text.match(segmentOf) ?? []

/** One shape as a pattern, or why it cannot be one. */
const branchOf = (group: Tallies<string>, demand: Demand): Branch | OmissionReason => {
  const pieces: Piece[] = []
  for (const segments of columnsOf(group, segmentOf)) {
    const isUniform = new Set([...segments.keys()].map(fineKey)).size === 1
    const made = isUniform
      ? columnsOf(segments, tokenOf).map(column => pieceOf(column, demand))
      : [mixedPiece(segments, demand)]
    for (const piece of made) {
      if (typeof piece === 'string') return piece
      pieces.push(piece)
    }
  }
  return (
    limitsOf(pieces) ?? {
      pattern: pieces.map(({ pattern }) => pattern).join(''),
      length: sum(pieces, 'length'),
      strings: group.size,
    }
  )
}

/** The n-th part of every string, with who was seen to send it. */
const columnsOf = (strings: Tallies<string>, parts: RegExp): readonly Tallies<string>[] => {
  const columns: Tallies<string>[] = []
  for (const [text, tally] of strings)
    for (const [index, part] of (text.match(parts) ?? []).entries())
      tallyIn((columns[index] ??= new Map()), part).include(tally)
  return columns
}

const sum = (pieces: readonly Piece[], key: 'length' | 'free' | 'digits'): number =>
  pieces.reduce((total, piece) => total + piece[key], 0)

const limitsOf = (pieces: readonly Piece[]): OmissionReason | null => {
  const varying = pieces.filter(({ isVarying }) => isVarying)
  const hasSpace = pieces.some(({ pattern }) => pattern === ' ')
  const words = varying.filter(({ length }) => length > MAX_LETTERS)
  // Words of a list, one after the other, are sentences.
  if ((hasSpace && varying.length > 0) || words.length > 1) return 'free-text'
  return sum(pieces, 'free') > MAX_FREE || sum(pieces, 'digits') > MAX_DIGITS ? 'too-much-room' : null
}

const pieceOf = (column: Tallies<string>, demand: Demand): Piece | OmissionReason => {
  const [first = ''] = column.keys()
  if (/[0-9]/.test(first)) return digitsPiece(column, demand)
  return /[A-Za-z]/.test(first) ? lettersPiece(column, demand) : literalPiece([first])
}

const lengthsOf = (column: Tallies<string>): Tallies<number> => {
  const lengths: Tallies<number> = new Map()
  for (const [text, tally] of column) tallyIn(lengths, text.length).include(tally)
  return lengths
}

const digitsPiece = (column: Tallies<string>, demand: Demand): Piece => {
  const [low, high] = agreedRange(lengthsOf(column), demand)
  const isPadded = low > 1 && [...column.keys()].some(text => text.startsWith('0'))
  const isFixed = low === high && (low >= 4 || isPadded)
  const [least, most] = isFixed ? [low, low] : [Math.max(1, low - 1), high + 1]
  return {
    pattern: `[0-9]${times(least, most)}`,
    length: most,
    free: 0,
    digits: most,
    isVarying: false,
  }
}

const times = (least: number, most: number): string => (least === most ? `{${least}}` : `{${least},${most}}`)

const lettersPiece = (column: Tallies<string>, demand: Demand): Piece | OmissionReason => {
  const { kept } = supported(column, demand)
  const seen = totalOf(kept)
  const isList =
    kept.size > 0 &&
    (column.size === 1 || (kept.size <= MAX_LETTERINGS && seen >= REPEATS * kept.size)) &&
    (totalOf(column) - seen) * STRAY_SHARE <= seen
  if (isList) return literalPiece([...kept.keys()].sort())
  const [low, high] = agreedRange(lengthsOf(column), demand)
  const [least, most] = low === high ? [low, low] : [Math.max(1, low - 1), high + 1]
  if (high > MAX_LETTERS) return 'free-text'
  const letters = /[A-Z]/.test([...column.keys()][0]!) ? 'A-Z' : 'a-z'
  const pattern = `[${letters}]${times(least, most)}`
  return { pattern, length: most, free: most, digits: 0, isVarying: true }
}

const literalPiece = (texts: readonly string[]): Piece => {
  const length = Math.max(...texts.map(text => text.length))
  const escaped = texts.map(text => text.replaceAll(/[.+()]/g, '\\$&'))
  return {
    pattern: escaped.length === 1 ? escaped[0]! : `(?:${escaped.join('|')})`,
    length,
    free: 0,
    digits: 0,
    isVarying: texts.length > 1,
  }
}

const isAgreed = (column: Tallies<string>, demand: Demand): boolean => {
  const all = new Tally()
  for (const tally of column.values()) all.include(tally)
  return isSupported(all, demand)
}

/** Letters of one case and digits in any order. */
const mixedPiece = (column: Tallies<string>, demand: Demand): Piece | OmissionReason => {
  const having = (letters: RegExp): Tallies<string> => new Map([...column].filter(([text]) => letters.test(text)))
  if (totalOf(having(/[0-9]/)) * 2 < totalOf(column)) return 'free-text'
  const hasUpper = isAgreed(having(/[A-Z]/), demand)
  if (hasUpper && isAgreed(having(/[a-z]/), demand)) return 'free-text'
  const [low, high] = agreedRange(lengthsOf(column), demand)
  if (high > MAX_RUN) return 'nucleotides-fit'
  const [least, most] = low === high ? [low, low] : [Math.max(1, low - 1), Math.min(MAX_RUN, high + 1)]
  const pattern = `[0-9${hasUpper ? 'A-Z' : 'a-z'}]${times(least, most)}`
  return { pattern, length: most, free: most, digits: 0, isVarying: false }
}

const ruleOf = (branches: readonly Branch[], strings: number): Rule => {
  const patterns = [...new Set(branches.map(({ pattern }) => pattern))]
  const pattern = patterns.length === 1 ? `^${patterns[0]!}$` : `^(?:${patterns.join('|')})$`
  const maxLength = Math.max(...branches.map(({ length }) => length))
  const run = patternLanguage(pattern)?.longestRun({ letters: nucleotides }, { maxLength }) ?? Infinity
  if (run > MAX_RUN) return { ok: false, reason: 'nucleotides-fit', rejected: 0 }
  const kept = branches.reduce((total, branch) => total + branch.strings, 0)
  return { ok: true, schema: { type: 'string', pattern, maxLength }, rejected: strings - kept }
}
