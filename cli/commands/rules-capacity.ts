import { Command, InvalidArgumentError } from 'commander'
import { readPolicySource, spellProblem } from '../../proxy/policy/policy-file.ts'
import { messagesPerDay, windows, type Rate } from '../../rules/budget/rate.ts'
import { overBudget } from '../../rules/capacity/route-budget.ts'
import { readDraftPolicy, type DraftRoute } from '../../rules/workbench/draft-policy.ts'
import { readPolicyDocument } from '../../rules/policy/policy-document.ts'
import {
  routeCapacity,
  togetherBits,
  type RouteCapacity,
  type RouteField,
} from '../../rules/capacity/route-capacity.ts'
import type { CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { fields, json, line, table } from '../terminal/print.ts'
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
    .option('--per-hour <n>', 'messages an hour to reckon with on routes that have no rate', positive, 12)
    .option('--top <n>', 'show only so many fields of each route', positive)
    .option('--markdown', 'print Markdown, for a README')
    .addHelpText(
      'after',
      examples(
        'sluice rules capacity',
        'sluice rules capacity --route run-performance --top 10',
        'sluice rules capacity --policy new.yaml --per-hour 60',
      ),
    )
    .action(printCapacity)

const positive = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number above 0')
  return Number(text)
}

const printCapacity = (options: CapacityOptions): void => {
  const file = policyToRead(options)
  const { perHour } = options
  const routes = routesOf(file, options.route).map(route => measured(route, perHour))
  const splices = options.route === undefined ? splicesOf(file) : []
  const report = { routes, splices, perHour, top: options.top ?? Infinity }
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
  // Nothing leaves by a route on trial: it is measured when it is named.
  const chosen = routes.filter(route => (id === undefined ? route.mode === 'enforce' : route.id === id))
  if (chosen.length > 0) return chosen
  throw new Failure(
    id === undefined ? 'the policy enforces no route, so nothing can leave' : `the policy has no route ${id}`,
    `name one with --route; it has: ${routes.map(route => route.id).join(', ')}`,
    exitCodes.notFound,
  )
}

const splicesOf = (file: string): readonly Uninspected[] => {
  const { text, readReference } = readPolicySource(file)
  const document = readPolicyDocument(text)
  if (!document.ok) return []
  return readDraftPolicy(document.value, readReference).destinations.flatMap(({ id, splice }) =>
    splice === null ? [] : [{ destination: id, bitsPerDay: splice.bytesPerDay * 8 }],
  )
}

/** A route with what it lets through, and how often. */
type Measured = RouteCapacity &
  Pick<DraftRoute, 'capacity'> & {
    /** The one it is reckoned with, and whether the policy says it: then the appliance enforces it. */
    readonly rate: Rate
    readonly isEnforced: boolean
  }

/** A destination to which connections pass unopened, and all that may leave there: every octet is a free choice. */
type Uninspected = { readonly destination: string; readonly bitsPerDay: number }

type Report = {
  readonly routes: readonly Measured[]
  readonly splices: readonly Uninspected[]
  readonly perHour: number
  /** How many fields of a route are shown. */
  readonly top: number
}

const measured = (route: DraftRoute, perHour: number): Measured => ({
  ...routeCapacity(route),
  capacity: route.capacity,
  rate: route.rate ?? { messages: perHour, per: 'hour' },
  isEnforced: route.rate !== null,
})

const perDay = ({ bits, rate }: Pick<Measured, 'bits' | 'rate'>): number => bits * messagesPerDay(rate)
const perSecond = (route: Pick<Measured, 'bits' | 'rate'>): number => (perDay(route) * 1_000) / windows.day

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

const documentOf = ({ routes, splices, perHour, top }: Report) => ({
  perHour,
  uninspected: splices.map(splice => ({ ...splice, bitsPerSecond: splice.bitsPerDay / 86_400 })),
  routes: routes.map(route => ({
    route: route.route,
    state: stateOf(route.bits),
    bits: numberOf(route.bits),
    rate: { ...route.rate, isEnforced: route.isEnforced },
    bitsPerDay: numberOf(perDay(route)),
    bitsPerSecond: numberOf(perSecond(route)),
    budget: budgetOf(route),
    fields: route.fields.slice(0, top).map(({ surface, pointer, bits, unbounded }) => ({
      surface,
      pointer,
      bits: numberOf(bits),
      unbounded: unbounded ?? null,
    })),
  })),
  anyRoute: { state: stateOf(togetherBits(routes)), bits: numberOf(togetherBits(routes)) },
  references,
})

const budgetOf = ({ capacity, bits, rate, isEnforced }: Measured) =>
  capacity && {
    perMessage: capacity.perMessage ?? null,
    perDay: capacity.perDay ?? null,
    exceeded: overBudget(capacity, bits, isEnforced ? rate : null).map(({ key }) => key),
  }

/** Rounded up, as a bound has to be. */
const spellBits = (bits: number): string => {
  if (!Number.isFinite(bits)) return bits > 0 ? 'unbounded' : 'nothing passes'
  // Rounding up what is not quite 0 gives -0.
  return (Math.ceil(bits * 10 - 1e-6) / 10 + 0).toLocaleString('en', { minimumFractionDigits: 1 })
}

const spellRate = (rate: number): string =>
  Number.isFinite(rate) ? rate.toLocaleString('en', { maximumSignificantDigits: 3 }) : '-'

const messagesFor = (content: number, bits: number): string => {
  if (bits === Infinity) return '1'
  return bits > 0 ? Math.ceil(content / bits).toLocaleString('en') : '-'
}

const headings = [
  'route',
  'bits in a message',
  'budget',
  'rate',
  'bits a day',
  'budget a day',
  'bit/s',
  'messages for an STR profile',
  'for all variants of a genome',
] as const

const rowOf = (route: Measured): readonly string[] => {
  const { bits, capacity, rate, isEnforced } = route
  return [
    route.route,
    spellBits(bits),
    spellBudget(capacity?.perMessage),
    `${rate.messages.toLocaleString('en')} per ${rate.per}${isEnforced ? '' : ', not enforced'}`,
    spellBits(perDay(route)),
    spellBudget(capacity?.perDay),
    spellRate(perSecond(route)),
    messagesFor(STR_PROFILE, bits),
    messagesFor(GENOME, bits),
  ]
}

const splicedRow = ({ destination, bitsPerDay }: Uninspected): readonly string[] => [
  `UNINSPECTED ${destination}`,
  'no messages',
  '-',
  '-',
  spellBits(bitsPerDay),
  '-',
  spellRate(bitsPerDay / 86_400),
  '-',
  '-',
]

/** A message on any of the routes, and all that leaves by all of them, and uninspected. */
const totalOf = ({ routes, splices }: Report): readonly string[] => {
  const bits = togetherBits(routes)
  const unseen = splices.reduce((sum, { bitsPerDay }) => sum + bitsPerDay, 0)
  const daily = routes.reduce((sum, route) => sum + perDay(route), unseen)
  const rates = [spellBits(daily), '-', spellRate(daily / 86_400)]
  return [
    'any, and all together',
    spellBits(bits),
    '-',
    '-',
    ...rates,
    messagesFor(STR_PROFILE, bits),
    messagesFor(GENOME, bits),
  ]
}

const rowsOf = (report: Report): readonly (readonly string[])[] => {
  const rows = [...report.routes.map(rowOf), ...report.splices.map(splicedRow)]
  return rows.length > 1 ? [...rows, totalOf(report)] : rows
}

const spellBudget = (bits: number | undefined): string => (bits === undefined ? '-' : bits.toLocaleString('en'))

const spellRange = (least: number, most: number): string =>
  [...new Set([least, most])].map(bits => bits.toLocaleString('en')).join(' to ')

const placeOf = ({ surface, pointer }: RouteField): string => `${surface} ${pointer || '/'}`

const explanation = [
  'An upper bound on what an instrument can choose to say in the content of its messages: of one, and of all that it can send in a day',
  'at the rate of the route. The moment and the order in which messages are sent are not in it; nor is what the detectors stop.',
] as const

const printText = (report: Report): void => {
  table(headings, rowsOf(report))
  line()
  const rows = report.routes.flatMap(({ route, fields }) =>
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
  for (const sentence of explanation) line(sentence)
}

const printMarkdown = (report: Report): void => {
  line(markdownTable(headings, rowsOf(report)))
  line()
  const rows = report.routes.flatMap(({ route, fields }) =>
    fields.slice(0, report.top).map(field => [route, `\`${placeOf(field)}\``, spellBits(field.bits)]),
  )
  line(markdownTable(['route', 'widest fields', 'bits'], rows))
}

/** Columns of equal width, as Prettier writes them; those of numbers alone are aligned to the right. */
const markdownTable = (headings: readonly string[], rows: readonly (readonly string[])[]): string => {
  const isNumber = headings.map((_, column) => rows.every(row => /^[\d.,-]+$/.test(row[column]!)))
  const widths = headings.map((heading, column) => Math.max(3, heading.length, ...rows.map(row => row[column]!.length)))
  const write = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join(' | ')} |`
  const rule = widths.map((width, column) => (isNumber[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [write(headings), `| ${rule.join(' | ')} |`, ...rows.map(write)].join('\n')
}
