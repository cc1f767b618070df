import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { openLogReader, type DecisionFilter, type DecisionRow } from '../../log/query.ts'
import { tamperings, verifyLog, type Verification } from '../../log/verify.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { fields, json, line, progress, table } from '../print.ts'
import { parseTime } from '../time.ts'

export const logCommand = (): Command =>
  new Command('log')
    .description('read and verify the decision log')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(verifyCommand())
    .addCommand(checkpointCommand())

type ListOptions = CommonOptions & DecisionFilter

const listCommand = (): Command =>
  new Command('list')
    .description('list decisions, newest first')
    .option('--since <time>', 'from this time on: 2026-11-01, 2026-11-01T08:00:00Z, or 2h, 7d ago', parseTime)
    .option('--until <time>', 'before this time', parseTime)
    .option('--instrument <id>', 'of one instrument')
    .option('--route <id>', 'of one route')
    .addOption(new Option('--verdict <verdict>', 'with one verdict').choices(['forward', 'block']))
    .option('--reason <code>', 'blocked for one reason')
    .option('--destination <host:port>', 'to one destination')
    .option('--limit <n>', 'at most so many', parseCount, 100)
    .addHelpText(
      'after',
      examples('sluice log list --verdict block --since 1d', 'sluice log list --json | jq -r .reason'),
    )
    .action((options: ListOptions) => {
      const { data: _data, json: isJson, ...filter } = options
      const reader = openLogReader(readyFolder(options).log)
      try {
        const rows = reader.list(filter)
        if (isJson) rows.forEach(json)
        else table(headings, rows.map(cells))
      } finally {
        reader.close()
      }
    })

const headings = ['time', 'id', 'instrument', 'route', 'destination', 'verdict', 'reason', 'found', 'answer']

const cells = (row: DecisionRow) => [
  row.time,
  row.id,
  row.instrument,
  row.route,
  row.destination,
  row.verdict,
  row.reason,
  row.findings ?? row.place,
  row.error ?? row.response_status,
]

const showCommand = (): Command =>
  new Command('show')
    .description('show every record about a decision: itself, its outcome, reviews, replays')
    .argument('<id>', 'id of the decision')
    .addHelpText('after', examples('sluice log show 019aa0f2-7d1c-7abc-9def-0123456789ab'))
    .action((id: string, options: CommonOptions) => {
      const reader = openLogReader(readyFolder(options).log)
      try {
        const records = reader.show(id)
        if (records.length === 0)
          throw new Failure(
            `no decision has the id ${id}`,
            'run "sluice log list" for the ids there are',
            exitCodes.notFound,
          )
        for (const { record, leaf } of records) {
          const leafHash = Buffer.from(leaf).toString('hex')
          if (options.json) json({ ...record, leafHash })
          else showRecord(record, leafHash)
        }
      } finally {
        reader.close()
      }
    })

const showRecord = (record: object, leafHash: string): void => {
  const pairs = Object.entries(record).map(([name, value]: [string, unknown]) => {
    const isPlain = value === null || typeof value === 'number' || typeof value === 'string'
    return [name, isPlain ? value : JSON.stringify(value)] as const
  })
  fields([...pairs, ['leaf hash', leafHash]])
  line()
}

type VerifyOptions = CommonOptions & { readonly anchor?: string; readonly deep?: boolean }

const verifyCommand = (): Command =>
  new Command('verify')
    .description('prove that no record was changed, removed, inserted or moved; exits with 10 on evidence of tampering')
    .option('--anchor <file>', 'a checkpoint that was kept elsewhere: shows a log that was rolled back as a whole')
    .option('--deep', 'also have the database compare its indexes with its tables')
    .addHelpText('after', examples('sluice log verify', 'sluice log verify --anchor /mnt/safe/checkpoint.txt'))
    .action(async (options: VerifyOptions) => {
      const { log } = readyFolder(options)
      const anchor = options.anchor === undefined ? {} : { anchor: readFileSync(options.anchor, 'utf8') }
      const onProgress = ({ done, total }: { done: number; total: number }) =>
        progress(`verified ${done} of ${total} records`)
      const result = await verifyLog(log, { ...anchor, deep: options.deep ?? false, onProgress })
      progress('')
      if (options.json) json(result)
      else tellVerification(result)
      process.exitCode = verificationCodes[result.kind]
    })

const checkpointCommand = (): Command =>
  new Command('checkpoint')
    .description(
      'print the signed checkpoint of the log; kept elsewhere, it shows a log that was rolled back or written anew',
    )
    .addHelpText('after', examples('sluice log checkpoint > /mnt/safe/checkpoint.txt'))
    .action((options: CommonOptions) => {
      const reader = openLogReader(readyFolder(options).log)
      try {
        const note = reader.checkpoint()
        if (options.json) json({ checkpoint: note })
        else process.stdout.write(note)
      } finally {
        reader.close()
      }
    })

const verificationCodes = {
  intact: exitCodes.done,
  tampered: exitCodes.tampering,
  inconclusive: exitCodes.inconclusive,
} as const

const tellVerification = (result: Verification): void => {
  if (result.kind === 'intact') return line(`intact: ${result.size} records, root ${result.root}`)
  if (result.kind === 'inconclusive') return line(`inconclusive: ${result.why}`)
  line('TAMPERED: the log is not what was written')
  table(
    ['record', 'what', 'meaning'],
    result.evidence.map(({ sequence, what }) => [sequence, what, tamperings[what]]),
  )
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 up.')
  return Number(text)
}
