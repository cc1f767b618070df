import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { learn, type Observation, type Proposal } from '../../rules/workbench/learn.ts'
import { omissionReasons } from '../../rules/workbench/learn/omission.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { observationsHeld, observationsInFiles } from '../rules/observations.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { harmless, json, line } from '../terminal/print.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../review/reviewer-keys.ts'

type LearnOptions = CommonOptions &
  KeyOptions & {
    readonly from: readonly string[]
    readonly ndjson?: boolean
    readonly blocked?: boolean
    readonly route?: string
    readonly trust?: boolean
    readonly output?: string
  }

export const learnCommand = (): Command =>
  new Command('learn')
    .description('propose a closed schema from payloads, with the evidence for each field; puts nothing to use')
    .option(
      '--from <path...>',
      'payload files, or folders of them; <instrument>/<YYYY-MM-DD>/ says who sent them and when',
      [],
    )
    .option('--ndjson', 'one payload a line, or one {"instrument", "day", "value"} a line')
    .option('--blocked', 'the blocked payloads of a route that are held for review')
    .option('--route <id>', 'route whose blocked payloads are taken')
    .addOption(keyOption())
    .addOption(passphraseOption())
    .option('--trust', 'take what one instrument sent on one day alone as well')
    .option('-o, --output <file>', 'file to write the schema to; standard output when absent')
    .addHelpText(
      'after',
      examples(
        'sluice rules learn --from captured/ -o run-status.schema.json',
        'sluice rules learn --blocked --route run-status --key ~/reviewer.key -o run-status.schema.json',
      ),
    )
    .action(async (options: LearnOptions) => {
      const { observations, unread } = await observe(options)
      const proposal = learn(observations, { trust: options.trust ?? false })
      if (proposal.schema && options.output !== undefined) writeSchema(options.output, proposal.schema)
      if (options.json) json({ ...proposal, unread })
      else tell(proposal, unread, options)
      if (proposal.schema === null)
        throw new Failure('nothing can be proposed from these payloads', hintFor(proposal), exitCodes.failed)
    })

const observe = async (options: LearnOptions): Promise<{ observations: readonly Observation[]; unread: number }> => {
  const fromFiles = observationsInFiles(options.from, options.ndjson ?? false)
  if (!options.blocked && options.from.length > 0) return { observations: fromFiles, unread: 0 }
  if (!options.blocked || options.route === undefined)
    throw new Failure(
      'it is not said what to learn from',
      'name files or folders with --from, or blocked payloads with --blocked --route <id>',
      exitCodes.usage,
    )
  const folder = readyFolder(options)
  const held = await observationsHeld(folder, options.route, await reviewerKeys(folder, options))
  return { observations: [...fromFiles, ...held.observations], unread: held.unread }
}

/** A schema that is there already may be the one in force: it is never written over. */
const writeSchema = (file: string, schema: object): void => {
  try {
    writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new Failure(`${file} is there already`, 'name another file with -o, and compare the two')
  }
}

const hintFor = ({ observations, instruments, days }: Proposal): string => {
  if (observations === 0) return 'there were none: see "sluice blocked list" for what is held'
  return instruments === 1 && days === 1
    ? 'they come from one instrument on one day: give more, or say --trust when you have looked through them'
    : 'the list above says why each place is left out'
}

/** The evidence goes to standard error, so that the schema can go to a file by `>`. */
const tell = (proposal: Proposal, unread: number, options: LearnOptions): void => {
  const { observations, instruments, days, evidence, omitted, schema } = proposal
  note([`payloads: ${observations}; instruments: ${instruments}; days: ${days}; not JSON: ${unread}`])
  note([])
  columns(
    ['place', 'proposed as', 'seen', 'instruments', 'days', 'distinct', 'required'],
    evidence.map(row => [
      row.pointer || '/',
      row.as,
      row.seen,
      row.instruments,
      row.days,
      row.distinct ?? '-',
      row.required ? 'yes' : 'no',
    ]),
  )
  if (omitted.length > 0) tellOmitted(omitted)
  if (schema !== null && options.output === undefined) line(JSON.stringify(schema, null, 2))
}

const tellOmitted = (omitted: Proposal['omitted']): void => {
  note([])
  columns(
    ['rejected', 'why', 'seen', 'instruments', 'days', 'values', 'detectors'],
    omitted.map(row => [
      row.pointer || '/',
      row.reason,
      row.seen,
      row.instruments,
      row.days,
      row.values ?? 'all',
      row.detectors.join(' ') || '-',
    ]),
  )
  for (const reason of new Set(omitted.map(({ reason }) => reason))) note([`${reason}: ${omissionReasons[reason]}`])
}

type Cell = string | number

const columns = (headings: readonly string[], rows: readonly (readonly Cell[])[]): void => {
  const all = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...all.map(row => String(row[column]).length)))
  for (const row of all) note(row.map((cell, column) => String(cell).padEnd(widths[column]!)))
}

const note = (cells: readonly string[]): void => void process.stderr.write(`${harmless(cells.join('  ')).trimEnd()}\n`)
