import { createReadStream, readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import type { FleetStore } from '../../fleet/store.ts'
import type { FleetVerdict, Stranger } from '../../fleet/verify.ts'
import type { CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { json, line, table, type Cell } from '../terminal/print.ts'
import { progressBar } from '../terminal/progress-bar.ts'

// What these commands do is loaded when one of them acts: the PostgreSQL client would slow down the help of all.

type FleetOptions = CommonOptions & { readonly database?: string }

export const fleetCommand = (): Command =>
  new Command('fleet')
    .description('keep the logs of many appliances in one PostgreSQL database, prove them, and ask them')
    .addCommand(initCommand())
    .addCommand(enrolCommand())
    .addCommand(loadCommand())
    .addCommand(verifyCommand())
    .addCommand(reportCommand())

const withDatabase = (command: Command): Command =>
  command.addOption(
    new Option('--database <address>', 'address of the database, such as postgresql:///sluice').env('SLUICE_FLEET'),
  )

const addressIn = ({ database }: FleetOptions): string => {
  if (database !== undefined) return database
  throw new Failure('no database is named', 'name it with --database or SLUICE_FLEET', exitCodes.usage)
}

const withStore = async (options: FleetOptions, act: (store: FleetStore) => Promise<void>): Promise<void> => {
  const { openStore } = await import('../../fleet/store.ts')
  const store = await openStore(addressIn(options))
  try {
    await act(store)
  } finally {
    await store.close()
  }
}

const initCommand = (): Command =>
  withDatabase(new Command('init'))
    .description('lay out the store in an empty database, as schema "sluice"')
    .addHelpText('after', examples('sluice fleet init --database postgresql:///sluice'))
    .action(async (options: FleetOptions) => {
      const { layOut, openDatabase } = await import('../../fleet/store.ts')
      const store = await openDatabase(addressIn(options))
      try {
        await layOut(store)
        if (options.json) json({ laidOut: true })
        else line('the store is laid out: "sluice fleet enrol" takes appliances into it')
      } finally {
        await store.close()
      }
    })

const enrolCommand = (): Command =>
  withDatabase(new Command('enrol'))
    .description('take appliances into the fleet by their public keys: from then on their records are loaded')
    .argument('<files...>', 'checkpoint.pub of each appliance, brought on a way that you trust')
    .addHelpText('after', examples('sluice fleet enrol keys/*.pub'))
    .action((files: readonly string[], options: FleetOptions) =>
      withStore(options, async store => {
        const { enrol } = await import('../../fleet/appliances.ts')
        for (const file of files) {
          const { log, isNew } = await enrol(store, readFileSync(file, 'utf8'))
          if (options.json) json({ log, isNew })
          else line(`${log}: ${isNew ? 'enrolled' : 'was enrolled already'}`)
        }
      }),
    )

type LoadOptions = FleetOptions & { readonly log?: string }

const loadCommand = (): Command =>
  withDatabase(new Command('load'))
    .description(
      'load what "log export --checkpoints" wrote, or what a syslog server or OpenTelemetry collector kept of "log ship"; as often as you like; exits with 8 when something was not taken',
    )
    .argument('[files...]', 'files to load, in any order; standard input when absent')
    .option('--log <name>', 'whose records they are, where the lines do not say so')
    .addHelpText('after', examples('sluice fleet load /srv/fleet/*.jsonl', 'zcat fleet.log.gz | sluice fleet load'))
    .action((files: readonly string[], options: LoadOptions) =>
      withStore(options, store => load(store, files, options)),
    )

const load = async (store: FleetStore, files: readonly string[], options: LoadOptions): Promise<void> => {
  const { linesOf } = await import('../../fleet/lines-of.ts')
  const { loadLines } = await import('../../fleet/load.ts')
  for (const file of files.length === 0 ? [null] : files) {
    const lines = linesOf(file === null ? process.stdin : createReadStream(file))
    const loaded = await loadLines(store, lines, options.log === undefined ? {} : { log: options.log })
    const { records, repeated, checkpoints, refused, strangers } = loaded
    if (refused > 0 || strangers.length > 0) process.exitCode = exitCodes.found
    if (options.json) {
      json({ file, ...loaded })
      continue
    }
    const signed = `${checkpoints} checkpoint${checkpoints === 1 ? '' : 's'}`
    line(`${file ?? 'standard input'}: ${records} records, ${repeated} had been loaded before, ${signed}`)
    if (refused > 0) line(`  REFUSED: ${refused} that cannot be what was signed; "sluice fleet verify" names them`)
    for (const log of strangers) line(`  NOT ENROLLED: ${log}; nothing of it was taken`)
  }
}

type VerifyOptions = FleetOptions & { readonly new?: boolean }

const verifyCommand = (): Command =>
  withDatabase(new Command('verify'))
    .description(
      'prove that the store holds what the appliances signed: gaps, edits, two histories, unknown keys; exits with 10 on evidence of tampering, with 11 when of some nothing can be said',
    )
    .argument('[logs...]', 'names of logs; all when absent')
    .option('--new', 'only what came since the last verification that found nothing')
    .addHelpText(
      'after',
      examples('sluice fleet verify', 'sluice fleet verify --new', 'sluice fleet verify lab-7.example/sluice'),
    )
    .action((logs: readonly string[], options: VerifyOptions) =>
      withStore(options, store => verify(store, logs, options)),
    )

const verify = async (store: FleetStore, logs: readonly string[], options: VerifyOptions): Promise<void> => {
  const { strangersOf, verifyFleet } = await import('../../fleet/verify.ts')
  await requireKnown(store, logs)
  const bar = progressBar('records')
  const [count] = await store.rows<{ total: number }>('SELECT count(*)::float8 AS total FROM sluice.record')
  let done = 0
  const onProgress = (records: number): void => bar.show({ done: (done += records), total: count!.total })
  const verdicts: FleetVerdict[] = []
  try {
    const chosen = { ...(logs.length > 0 && { logs }), onlyNew: options.new ?? false, onProgress }
    for await (const verdict of verifyFleet(store, chosen)) verdicts.push(verdict)
  } finally {
    bar.end()
  }
  const strangers = logs.length > 0 ? [] : await strangersOf(store)
  process.exitCode = codeOf(verdicts, strangers)
  if (options.json) return json({ appliances: verdicts, strangers })
  await tell(verdicts, strangers)
}

const requireKnown = async (store: FleetStore, logs: readonly string[]): Promise<void> => {
  const { appliancesOf } = await import('../../fleet/appliances.ts')
  const known = (await appliancesOf(store)).map(({ verifier }) => verifier.name)
  const unknown = logs.find(log => !known.includes(log))
  if (unknown !== undefined)
    throw new Failure(
      `${unknown} is not enrolled`,
      'run "sluice fleet report appliances" for those that are',
      exitCodes.notFound,
    )
}

const codeOf = (verdicts: readonly FleetVerdict[], strangers: readonly Stranger[]): ExitCode => {
  if (strangers.length > 0 || verdicts.some(({ kind }) => kind === 'tampered')) return exitCodes.tampering
  return verdicts.some(({ kind }) => kind === 'inconclusive') ? exitCodes.inconclusive : exitCodes.done
}

const tell = async (verdicts: readonly FleetVerdict[], strangers: readonly Stranger[]): Promise<void> => {
  const { doubts, findings } = await import('../../fleet/findings.ts')
  const intact = verdicts.filter(({ kind }) => kind === 'intact')
  const records = intact.reduce((sum, { size }) => sum + size, 0)
  line(`intact: ${intact.length} of ${verdicts.length} appliances, ${records} records`)
  const unsigned = verdicts.reduce((sum, verdict) => sum + verdict.unsigned, 0)
  if (unsigned > 0) line(`not signed yet: ${unsigned} records, which the next checkpoint will cover`)
  const rows = verdicts.flatMap((verdict): Cell[][] => {
    if (verdict.kind === 'inconclusive') return [[verdict.log, null, verdict.why, doubts[verdict.why]]]
    if (verdict.kind === 'intact') return []
    return verdict.evidence.map(({ what, sequence }) => [verdict.log, sequence, what, findings[what]])
  })
  for (const { log, lines } of strangers)
    rows.push([log, null, 'log-unknown', `${lines} lines arrived under a name that nobody enrolled`])
  if (rows.length > 0) table(['appliance', 'record', 'what', 'meaning'], rows)
}

type ReportOptions = FleetOptions & { readonly list?: boolean }

const reportCommand = (): Command =>
  withDatabase(new Command('report'))
    .description('ask the store one of the questions of an auditor; without a name, how the appliances stand')
    .argument('[question]', 'its name', 'appliances')
    .option('--list', 'the questions there are; their SQL is in fleet/questions')
    .addHelpText(
      'after',
      examples('sluice fleet report --list', 'sluice fleet report', 'sluice fleet report sensitive'),
    )
    .action(async (name: string, options: ReportOptions) => {
      const { ask, questions } = await import('../../fleet/questions.ts')
      if (options.list) {
        if (options.json) return json(questions())
        return table(
          ['name', 'question'],
          questions().map(one => [one.name, one.question]),
        )
      }
      return withStore(options, async store => {
        const rows = await ask(store, name)
        if (options.json) return rows.forEach(json)
        if (rows.length === 0) return line('none')
        table(
          Object.keys(rows[0]!),
          rows.map(row => Object.values(row).map(cellOf)),
        )
      })
    })

const cellOf = (value: unknown): Cell => {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  if (value instanceof Date) return value.toISOString()
  return JSON.stringify(value)
}
