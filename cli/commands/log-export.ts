import { Command, Option } from 'commander'
import { openCursor, type Cursor } from '../../log/reading/cursor.ts'
import { exportLog, passingCursor } from '../../log/export/export-log.ts'
import type { Encoder } from '../../log/export/encoder.ts'
import { formats, type Format } from '../../log/export/formats.ts'
import { openRecordSource, type RecordSource } from '../../log/reading/record-source.ts'
import { version } from '../../proxy/version.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { fileSink, outputSink } from '../sinks.ts'

type ExportOptions = CommonOptions & {
  readonly format: Format
  readonly cursor?: string
  readonly from?: string
  readonly output?: string
  readonly heading: boolean
  readonly checkpoints?: boolean
}

export const exportCommand = (): Command =>
  new Command('export')
    .description(
      'write every record in order, for a SIEM or an archive; with a cursor only those that were not written before',
    )
    .addOption(
      new Option('--format <format>', 'form of the lines; see docs/export.md')
        .choices(Object.keys(formats))
        .default('jsonl'),
    )
    .option('--cursor <file>', 'where it is kept how far the export has come; begun when there is none')
    .addOption(
      new Option('--from <id>', 'begin at this decision, or at a record by its sequence number').conflicts('cursor'),
    )
    .option('-o, --output <file>', 'file to append to and sync to the disk; standard output when absent')
    .option(
      '--checkpoints',
      'write the signed checkpoint of what follows in front of it, for "sluice fleet load"; with jsonl only',
    )
    .option('--no-heading', 'leave out the names of columns that csv begins with')
    .addHelpText(
      'after',
      examples(
        'sluice log export --format ecs --cursor /var/lib/siem/sluice.cursor -o /var/log/sluice/ecs.jsonl',
        'sluice log export --format csv > decisions.csv',
        'sluice log export --from 019aa0f2-7d1c-7abc-9def-0123456789ab | jq .kind',
      ),
    )
    .action(exportRecords)

const exportRecords = async (options: ExportOptions): Promise<void> => {
  const source = openRecordSource(readyFolder(options).log)
  let kept: Cursor | null = null
  try {
    kept = options.cursor === undefined ? null : openCursor(options.cursor, source)
    await write(source, kept ?? passingCursor(firstOf(source, options.from)), options)
  } finally {
    kept?.close()
    source.close()
  }
}

const write = async (
  source: RecordSource,
  cursor: Pick<Cursor, 'next' | 'advance'>,
  { format, output, heading, checkpoints = false }: ExportOptions,
): Promise<void> => {
  const encoder: Encoder = formats[format]
  const checkpoint = checkpoints ? requireCheckpoints(format) : undefined
  const sink = output === undefined ? outputSink() : fileSink(output)
  try {
    if (encoder.heading !== null && heading && sink.isNew) await sink.write(`${encoder.heading}\n`)
    await exportLog(source, cursor, encoder, { origin: source.origin, version }, sink, checkpoint)
  } finally {
    sink.close()
  }
}

/** What a checkpoint signs can be computed only from records that are handed on byte for byte. */
const requireCheckpoints = (format: Format): NonNullable<Encoder['checkpoint']> => {
  const { checkpoint }: Encoder = formats[format]
  if (checkpoint !== undefined) return checkpoint
  throw new Failure(`${format} has no place for signed checkpoints`, 'leave out --format', exitCodes.usage)
}

const firstOf = (source: RecordSource, from: string | undefined): number => {
  if (from === undefined) return 0
  const sequence = /^\d{1,15}$/.test(from) ? Number(from) : source.sequenceOf(from)
  if (sequence !== null && sequence <= source.size()) return sequence
  throw new Failure(`no decision has the id ${from}`, 'run "sluice log list" for the ids there are', exitCodes.notFound)
}
