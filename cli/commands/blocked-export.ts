import { Command, Option } from 'commander'
import { isExisting, writeExclusive } from '../../log/writing/exclusive-file.ts'
import { openingOf } from '../../log/held/open-many.ts'
import { openLogReader, type LogReader } from '../../log/reading/query.ts'
import type { Sealed } from '../../log/held/seal.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { decodeHeld, type HeldPayload } from '../../proxy/review/held-payload.ts'
import { caseMarkdown } from '../review/case-markdown.ts'
import { withConfirmation, type ConfirmOptions } from '../terminal/confirmed-list.ts'
import { readyFolder } from '../context.ts'
import { heldFilterOf, withHeldFilter, type HeldFilterOptions } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { heldCase, structureOf } from '../review/held-case.ts'
import { makeOpenedFolder } from '../review/opened-folder.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { line, note, spellJson } from '../terminal/print.ts'
import { osIdentity, recordLooks, withReviews } from '../review/review-client.ts'
import { railFailure } from '../review/review-report.ts'
import { chooseHeld, heldNamed } from '../review/review-selection.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../review/reviewer-keys.ts'
import { sealedLine } from '../review/sealed-file.ts'

type ExportOptions = HeldFilterOptions &
  KeyOptions &
  ConfirmOptions & {
    readonly format: 'jsonl' | 'markdown'
    readonly structure?: boolean
    readonly opened?: boolean
    readonly sealed?: boolean
    readonly because?: string
    readonly output?: string
  }

export const exportCommand = (): Command =>
  withConfirmation(
    withHeldFilter(new Command('export').argument('[ids...]', 'ids of decisions; or none, and a filter')),
  )
    .description(
      'write reports of blocked payloads for a ticket or another tool, with no value in them; or the payloads themselves, opened or still sealed',
    )
    .addOption(new Option('--format <format>', 'form of the reports').choices(['jsonl', 'markdown']).default('jsonl'))
    .option(
      '--structure',
      'with the structure of the payloads: places, types, lengths, values masked. Opens them; is recorded',
    )
    .addOption(
      new Option(
        '--opened',
        'the payloads themselves, in a new folder of your own; is recorded, with the reason',
      ).conflicts(['sealed', 'structure']),
    )
    .addOption(
      new Option(
        '--sealed',
        'the payloads as they are sealed, for "unseal" elsewhere; is recorded, with the reason',
      ).conflicts('structure'),
    )
    .option('--because <text>', 'why --opened or --sealed, for the log: at most 200 characters')
    .option('-o, --output <path>', 'new file, or with --opened new folder; standard output when absent')
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        'sluice blocked export --format markdown --structure 019aa0f2-7d1c-7abc-9def-0123456789ab --key ~/reviewer.key',
        'sluice blocked export --reason schema-violation --since 7d -o cases.jsonl',
        "sluice blocked export --opened --route chiller --because 'ticket 4711' -o opened --dry-run",
        "sluice blocked export --sealed --state held --because 'review in the office' -o away.sealed --confirm 5c2f0a91d7e84b6630c1f2a4d5e6b708",
      ),
    )
    .action(async (ids: readonly string[], options: ExportOptions) => {
      const folder = readyFolder(options)
      if (options.opened) return exportOpened(folder, ids, options)
      if (options.sealed) return exportSealed(folder, ids, options)
      return exportReports(folder, ids, options)
    })

const withReader = async <T>(folder: DataFolder, use: (reader: LogReader) => Promise<T> | T): Promise<T> => {
  const reader = openLogReader(folder.log)
  try {
    return await use(reader)
  } finally {
    reader.close()
  }
}

const exportReports = async (folder: DataFolder, ids: readonly string[], options: ExportOptions): Promise<void> => {
  if (options.dryRun || options.confirm !== undefined) throw usage('only --opened and --sealed have to be confirmed')
  const rows =
    ids.length > 0
      ? heldNamed(folder, ids)
      : await withReader(folder, reader =>
          reader.heldList({ ...heldFilterOf(options), limit: Number.MAX_SAFE_INTEGER }),
        )
  const decisions = rows.map(({ decision }) => decision)
  const payloads = options.structure ? await shownPayloads(folder, decisions, options) : null
  const texts = await withReader(folder, reader =>
    decisions.map(decision => {
      const found = heldCase(reader, decision)
      const payload = payloads?.get(decision)
      const structure = payload ? structureOf(payload) : null
      if (options.format === 'markdown') return caseMarkdown(found, structure)
      return `${spellJson({ ...found, ...structure })}\n`
    }),
  )
  const text = texts.join(options.format === 'markdown' ? '\n' : '')
  if (options.output === undefined) process.stdout.write(text)
  else writeNew(options.output, text)
}

/** Opened once it is recorded that their structure is shown. */
const shownPayloads = async (
  folder: DataFolder,
  decisions: readonly string[],
  options: KeyOptions,
): Promise<ReadonlyMap<string, HeldPayload>> => {
  const keys = await reviewerKeys(folder, options)
  const opener = await fittingOpener(folder, decisions, keys)
  await recordLooks(folder, decisions, 'show')
  return opener()
}

const exportOpened = async (folder: DataFolder, ids: readonly string[], options: ExportOptions): Promise<void> => {
  const because = requireBecause(options)
  const output = requireOutput(options, 'a new folder')
  const chosen = await chooseHeld(folder, ids, 'export --opened', 'review.open', { ...options, because })
  if (!chosen) return
  const decisions = chosen.map(({ decision }) => decision)
  const open = await fittingOpener(folder, decisions, await reviewerKeys(folder, options))
  const opened = makeOpenedFolder(output)
  await recordReveals(folder, decisions, because)
  const payloads = await open()
  await withReader(folder, reader => {
    for (const [decision, payload] of payloads) opened.add(heldCase(reader, decision), payload)
  })
  tellWritten(payloads.size, decisions.length, output)
}

const exportSealed = async (folder: DataFolder, ids: readonly string[], options: ExportOptions): Promise<void> => {
  const because = requireBecause(options)
  const output = requireOutput(options, 'a new file')
  const chosen = await chooseHeld(folder, ids, 'export --sealed', 'review.open', { ...options, because })
  if (!chosen) return
  const decisions = chosen.map(({ decision }) => decision)
  // From then on reviewers can open them where nothing is recorded.
  await recordReveals(folder, decisions, because)
  const lines = await withReader(folder, reader => {
    const held = reader.heldGetAll(decisions)
    return decisions.flatMap(decision => {
      const sealed = held.get(decision)
      return sealed ? [sealedLine({ found: heldCase(reader, decision), sealed })] : []
    })
  })
  writeNew(output, lines.join(''))
  tellWritten(lines.length, decisions.length, output)
}

const tellWritten = (written: number, wanted: number, output: string): void => {
  line(`${written} payloads are in ${output}`)
  if (written === wanted) return
  note(`${wanted - written} do not open: see "sluice log verify"`)
  process.exitCode = exitCodes.partly
}

const usage = (message: string, hint = 'run the command with --help for its options and examples'): Failure =>
  new Failure(message, hint, exitCodes.usage)

const requireBecause = ({ because }: ExportOptions): string => {
  if (because !== undefined) return because
  throw usage('payloads are not handed out without a reason', 'say why with --because; it stands in the log')
}

const requireOutput = ({ output }: ExportOptions, what: string): string => {
  if (output !== undefined) return output
  throw usage('payloads are written to no terminal and no pipe', `name ${what} with --output`)
}

/**
 * What opens payloads, all of which are sealed to one of the keys.
 * @returns gives them by their decisions, without those that do not open
 * @throws Failure when one is sealed for others
 */
const fittingOpener = async (
  folder: DataFolder,
  decisions: readonly string[],
  keys: Awaited<ReturnType<typeof reviewerKeys>>,
): Promise<() => Promise<ReadonlyMap<string, HeldPayload>>> => {
  const held = await withReader(folder, reader => reader.heldGetAll(decisions))
  const opening = openingOf(keys, 0)
  const misfits = [...held.values()].filter(sealed => !opening.fits(sealed)).length
  if (misfits > 0)
    throw new Failure(
      `${misfits} of the ${held.size} payloads were not sealed for this key`,
      'name the key file of a reviewer with --key; "sluice blocked list --group-by reviewer" says for whom they were sealed',
      exitCodes.permission,
    )
  return async () => {
    const batch = [...held].map(([decision, sealed]: readonly [string, Sealed]) => ({ decision, sealed }))
    const opened = await opening.open(batch)
    return new Map(
      batch.flatMap(({ decision }, index) => {
        const payload = opened[index]
        return payload ? [[decision, decodeHeld(payload)] as const] : []
      }),
    )
  }
}

/** Before anything is opened, or leaves. */
const recordReveals = (folder: DataFolder, decisions: readonly string[], because: string): Promise<void> =>
  withReviews(folder, async reviews => {
    for (const decision of decisions) {
      const result = await reviews.act({ action: 'reveal', decision, actor: osIdentity(), because })
      if (result.kind === 'refused') throw railFailure(result.rail, result.detail?.explanation ?? null)
    }
  })

/** @throws Failure when there is one of this name */
const writeNew = (file: string, content: string): void => {
  try {
    writeExclusive(file, content, 0o600)
  } catch (error) {
    if (!isExisting(error)) throw error
    throw usage(`${file} is there already`, 'name a new file: nothing is overwritten')
  }
}
