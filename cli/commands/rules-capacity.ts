import { Command, InvalidArgumentError } from 'commander'
import { readPolicySource, spellProblem } from '../../proxy/policy-file.ts'
import { readDraftPolicy, type DraftRoute } from '../../rules/workbench/draft-policy.ts'
import { readPolicyDocument } from '../../rules/policy/policy-document.ts'
import {
  routeCapacity,
  togetherBits,
  type RouteCapacity,
  type RouteField,
} from '../../rules/capacity/route-capacity.ts'
import type { CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { fields, json, line, table } from '../print.ts'
import { policyToRead } from './rules-lint.ts'

type CapacityOptions = CommonOptions & {
  readonly policy?: string
  readonly route?: string
  readonly perHour: number
  readonly top?: number
  readonly markdown?: boolean
}

export const capacityCommand = (): Command =>
  new Command('capacity')
    .description('how many bits of freely chosen information one message can carry through the policy, field by field')
    .option('--policy <file>', 'policy to use instead of the one of the appliance')
    .option('--route <id>', 'this route only')
    .option('--per-hour <n>', 'messages an hour to reckon with, on each route', positive, 12)
    .option('--top <n>', 'show only so many fields of each route', positive)
    .option('--markdown', 'print Markdown, for a README')
    .addHelpText(
      'after',
      examples('sluice rules capacity', 'sluice rules capacity --route run-performance --per-hour 1 --top 10'),
    )
    .action(printCapacity)

const positive = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number above 0')
  return Number(text)
}

const printCapacity = (options: CapacityOptions): void => {
  const file = policyToRead(options)
  const capacities = routesOf(file, options.route).map(routeCapacity)
  const report = { capacities, perHour: options.perHour, top: options.top ?? Infinity }
  if (options.json) return json({ policy: file, ...documentOf(report) })
  if (options.markdown) return printMarkdown(report)
  printText(report)
}

/**
 * The schemas of the routes. A policy with open schemas is taken too: it is the one whose numbers matter most.
 * @throws Failure for a document that is no policy, or has no such route
 */
const routesOf = (file: string, id: string | undefined): readonly DraftRoute[] => {
  const { text, readReference } = readPolicySource(file)
  const document = readPolicyDocument(text)
  if (!document.ok)
    throw new Failure(
      `the policy is not in order:\n${document.problems.map(problem => `  ${spellProblem(file, problem)}`).join('\n')}`,
      'correct it; "sluice rules lint" says more',
    )
  const { routes } = readDraftPolicy(document.value, readReference)
  const chosen = routes.filter(route => id === undefined || route.id === id)
  if (chosen.length > 0) return chosen
  throw new Failure(
    `the policy has no route ${id}`,
    `it has: ${routes.map(route => route.id).join(', ')}`,
    exitCodes.notFound,
  )
}

type Report = {
  readonly capacities: readonly RouteCapacity[]
  readonly perHour: number
  /** How many fields of a route are shown. */
  readonly top: number
}

const HOURS = 24
const SECONDS = 3600

const perDay = (bits: number, perHour: number): number => bits * perHour * HOURS
const perSecond = (bits: number, perHour: number): number => (bits * perHour) / SECONDS

const STR_PROFILE = 120
/** Written against a reference genome: 4 MB (Christley 2009, Bioinformatics 25:274). */
const GENOME = 32_000_000

/** What some things amount to, in bits. */
const references = [
  { what: 'one person among all who live', least: 33, most: 33 },
  { what: '30 to 80 SNPs, which identify a person (Lin 2004, Science 305:183)', least: 45, most: 120 },
  { what: 'a 13-locus STR profile', least: STR_PROFILE, most: STR_PROFILE },
  { what: 'all variants of one genome', least: GENOME, most: GENOME },
] as const

/** Unbounded and impossible have no number in JSON. */
const numberOf = (bits: number): number | null => (Number.isFinite(bits) ? bits : null)

const stateOf = (bits: number): 'bounded' | 'unbounded' | 'impossible' =>
  bits === Infinity ? 'unbounded' : bits === -Infinity ? 'impossible' : 'bounded'

const documentOf = ({ capacities, perHour, top }: Report) => ({
  perHour,
  routes: capacities.map(({ route, bits, fields }) => ({
    route,
    state: stateOf(bits),
    bits: numberOf(bits),
    bitsPerDay: numberOf(perDay(bits, perHour)),
    bitsPerSecond: numberOf(perSecond(bits, perHour)),
    fields: fields.slice(0, top).map(({ surface, pointer, bits, unbounded }) => ({
      surface,
      pointer,
      bits: numberOf(bits),
      unbounded: unbounded ?? null,
    })),
  })),
  anyRoute: { state: stateOf(togetherBits(capacities)), bits: numberOf(togetherBits(capacities)) },
  references,
})

/** Rounded up, as a bound has to be. */
const spellBits = (bits: number): string => {
  if (!Number.isFinite(bits)) return bits > 0 ? 'unbounded' : 'nothing passes'
  return (Math.ceil(bits * 10 - 1e-6) / 10).toLocaleString('en', { minimumFractionDigits: 1 })
}

const spellRate = (rate: number): string =>
  Number.isFinite(rate) ? rate.toLocaleString('en', { maximumSignificantDigits: 3 }) : '-'

const messagesFor = (content: number, bits: number): string => {
  if (bits === Infinity) return '1'
  return bits > 0 ? Math.ceil(content / bits).toLocaleString('en') : '-'
}

const headings = (perHour: number): readonly string[] => [
  'route',
  'bits in a message',
  `bits a day at ${perHour}/h`,
  'bit/s',
  'messages for an STR profile',
  'for all variants of a genome',
]

const rowOf = (name: string, bits: number, perHour: number): readonly string[] => [
  name,
  spellBits(bits),
  spellBits(perDay(bits, perHour)),
  spellRate(perSecond(bits, perHour)),
  messagesFor(STR_PROFILE, bits),
  messagesFor(GENOME, bits),
]

const rowsOf = ({ capacities, perHour }: Report): readonly (readonly string[])[] => [
  ...capacities.map(({ route, bits }) => rowOf(route, bits, perHour)),
  ...(capacities.length > 1 ? [rowOf('any of these', togetherBits(capacities), perHour)] : []),
]

const spellRange = (least: number, most: number): string =>
  [...new Set([least, most])].map(bits => bits.toLocaleString('en')).join(' to ')

const placeOf = ({ surface, pointer }: RouteField): string => `${surface} ${pointer || '/'}`

const printText = (report: Report): void => {
  table(headings(report.perHour), rowsOf(report))
  line()
  const rows = report.capacities.flatMap(({ route, fields }) =>
    fields.slice(0, report.top).map(field => ({ route, field })),
  )
  table(
    ['route', 'field', 'bits', 'why'],
    rows
      .toSorted((a, b) => (a.field.bits === b.field.bits ? 0 : b.field.bits - a.field.bits))
      .map(({ route, field }) => [route, placeOf(field), spellBits(field.bits), field.unbounded ?? null]),
  )
  line()
  fields(references.map(({ what, least, most }) => [what, `${spellRange(least, most)} bits`]))
  line()
  line(
    'An upper bound on what a sender can choose to say in the content of a message. The moment and the order in which',
  )
  line('messages are sent are not in it; nor is what the detectors stop.')
}

const printMarkdown = (report: Report): void => {
  line(markdownTable(headings(report.perHour), rowsOf(report)))
  line()
  const rows = report.capacities.flatMap(({ route, fields }) =>
    fields.slice(0, report.top).map(field => [route, `\`${placeOf(field)}\``, spellBits(field.bits)]),
  )
  line(markdownTable(['route', 'widest fields', 'bits'], rows))
}

/** Columns of equal width, as Prettier writes them; the first two kinds of column are text, all others numbers. */
const markdownTable = (headings: readonly string[], rows: readonly (readonly string[])[]): string => {
  const isNumber = headings.map((_, column) => rows.every(row => /^[\d.,-]+$/.test(row[column]!)))
  const widths = headings.map((heading, column) => Math.max(3, heading.length, ...rows.map(row => row[column]!.length)))
  const write = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join(' | ')} |`
  const rule = widths.map((width, column) => (isNumber[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [write(headings), `| ${rule.join(' | ')} |`, ...rows.map(write)].join('\n')
}
