import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { readAnchors } from '../../log/proofs/anchor-files.ts'
import { inconclusives, tamperings, type Verification } from '../../log/verify/evidence.ts'
import { verifyLog, type Place } from '../../log/verify/verify.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { json, line, table } from '../terminal/print.ts'
import { progressBar } from '../terminal/progress-bar.ts'
import { parseAge, parseTime } from '../time.ts'

type Options = CommonOptions & {
  readonly from?: Place
  readonly to?: Place
  readonly anchor: readonly string[]
  readonly requireAnchor?: number
  readonly key?: string
  readonly deep?: boolean
}

export const verifyCommand = (): Command =>
  new Command('verify')
    .description(
      'prove that no record was changed, removed, inserted or moved; exits with 10 on evidence of tampering, with 11 when nothing can be said',
    )
    .option('--from <place>', 'read the records from this number or time on only; of all others the hashes', parsePlace)
    .option('--to <place>', 'read the records before this number or time only', parsePlace)
    .option(
      '--anchor <path>',
      'checkpoints that were kept elsewhere (a file, a folder, or what "serve" printed): show a log that was rolled back as a whole; may be repeated',
      collect,
      [],
    )
    .option(
      '--require-anchor <age>',
      'exit with 11 unless the anchors cover a record that is at most so old: 2h, 7d',
      parseAge,
    )
    .option('--key <file>', 'public key of the log that was kept elsewhere, instead of the one beside the log')
    .option('--deep', 'also have the database compare its indexes with its tables')
    .addHelpText(
      'after',
      examples(
        'sluice log verify',
        'sluice log verify --anchor /mnt/safe/anchors --require-anchor 2d',
        'sluice log verify --from 2026-11-01 --to 2026-12-01',
      ),
    )
    .action(verify)

const verify = async ({ anchor, key, ...options }: Options): Promise<void> => {
  const { log } = readyFolder(options)
  const { from, to, requireAnchor, deep = false } = options
  const bar = progressBar('records')
  try {
    const result = await verifyLog(log, {
      anchors: anchor.flatMap(readAnchors),
      deep,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(requireAnchor !== undefined && { requireAnchor }),
      ...(key !== undefined && { verifierKey: readFileSync(key, 'utf8').trimEnd() }),
      onProgress: bar.show,
    })
    bar.end()
    if (options.json) json(result)
    else tell(result)
    process.exitCode = codes[result.kind]
  } finally {
    bar.end()
  }
}

const codes = {
  intact: exitCodes.done,
  tampered: exitCodes.tampering,
  inconclusive: exitCodes.inconclusive,
} as const satisfies Record<Verification['kind'], number>

const tell = (result: Verification): void => {
  switch (result.kind) {
    case 'intact': {
      const { size, root, from, to, anchored, purged, redacted } = result
      line(`intact: ${size} records, root ${root}`)
      if (from > 0 || to < size) line(`read: records ${from} to ${to - 1}; of the others the hashes`)
      for (const { first, last, time, actor } of purged)
        line(`purged: records ${first} to ${last}, on ${time} by ${actor}`)
      if (redacted > 0)
        line(`redacted: ${redacted} records, of which the hashes are left; "sluice log list" leaves them out`)
      if (anchored !== null) line(`anchored: the first ${anchored} records are those that the newest anchor signs`)
      return
    }
    case 'inconclusive':
      return line(`inconclusive: ${result.why}: ${inconclusives[result.why]}`)
    case 'tampered':
      line('TAMPERED: the log is not what was written')
      return table(
        ['record', 'what', 'meaning'],
        result.evidence.map(({ sequence, what }) => [sequence, what, tamperings[what]]),
      )
  }
}

function parsePlace(text: string): Place {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  try {
    return parseTime(text)
  } catch {
    throw new InvalidArgumentError('must be the number of a record, a date, a time, or 30m, 2h, 7d ago.')
  }
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
