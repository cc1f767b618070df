import { Command } from 'commander'
import { openLogReader } from '../../log/reading/query.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { readyFolder } from '../context.ts'
import { heldFilterOf, withHeldFilter, type HeldFilterOptions } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { exceptionPatch, requireFree, tellExceptions } from '../review/exception-patch.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { openKeyboard } from '../terminal/keyboard.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { json, line } from '../terminal/print.ts'
import { keyOption } from '../review/reviewer-keys.ts'
import { broken, columns } from '../terminal/screen.ts'
import { openSession, verdicts, type Session, type SessionOptions, type Verdict } from '../review/review-session.ts'
import { parseAge } from '../time.ts'

type ReviewOptions = HeldFilterOptions & SessionOptions & { readonly patch?: string }

export const reviewCommand = (): Command =>
  withHeldFilter(new Command('review'))
    .description(
      'go through blocked payloads one by one on a terminal, oldest first: look, ask why, approve, reject. Without --state, those on which nobody has decided',
    )
    .option('--because <text>', 'the reason for everything that is decided; asked for each time when absent')
    .option('--expires <span>', 'how long approvals hold: 30m, 2h; as long as the settings admit when absent', parseAge)
    .option('--sign', "sign approvals with a reviewer's key, so that an auditor can tell who it was")
    .option('--patch <file>', 'write the exceptions suggested for false positives to a new file, as a patch')
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        'sluice blocked review --since 1d --key ~/ada.key',
        "sluice blocked review --reason sensitive-content --instrument miseq-01 --because 'ticket 4711' --patch kit.patch",
      ),
    )
    .action(async (options: ReviewOptions) => {
      const keyboard = openKeyboard(
        'a review',
        'decide with "sluice blocked approve", "reject" or "note"; they take ids or a filter, --dry-run and --confirm',
      )
      try {
        requireFree(options.patch)
        await review(readyFolder(options), keyboard, options)
      } finally {
        keyboard.close()
      }
    })

const review = async (
  folder: DataFolder,
  keyboard: ReturnType<typeof openKeyboard>,
  options: ReviewOptions,
): Promise<void> => {
  const ids = chosen(folder, options)
  const session = openSession(folder, ids, keyboard, options)
  try {
    await session.run()
  } finally {
    conclude(folder, session, ids.length, options)
  }
}

/** More than anybody goes through at once. */
const MOST = 10_000

const chosen = (folder: DataFolder, options: ReviewOptions): readonly string[] => {
  const reader = openLogReader(folder.log)
  try {
    const filter = heldFilterOf(options)
    const rows = reader
      .heldList({ ...filter, limit: MOST })
      .filter(({ state }) => options.state ?? undecided.has(state))
    if (rows.length > 0) return rows.map(({ decision }) => decision).toReversed()
  } finally {
    reader.close()
  }
  throw new Failure('there is nothing to review', 'see "sluice blocked list" for what there is', exitCodes.notFound)
}

const undecided: ReadonlySet<string> = new Set(['held', 'in-review'])

/** What was decided, and what follows for the policy; also after an interruption. */
const conclude = (
  folder: DataFolder,
  { decided, falsePositives }: Session,
  total: number,
  options: ReviewOptions,
): void => {
  const rejected = falsePositives()
  if (options.json)
    json({ kind: 'summary', total, decided: [...decided].map(([decision, verdict]) => ({ decision, verdict })) })
  else ['', ...broken(spellSummary([...decided.values()], total), columns())].forEach(text => line(text))
  if (rejected.length > 0) tellExceptions(exceptionPatch(folder, rejected), options.patch, options.json ?? false)
}

const spellSummary = (decided: readonly Verdict[], total: number): string => {
  const counts = Object.entries(verdicts).flatMap(([verdict, what]) => {
    const count = decided.filter(one => one === verdict).length
    return count === 0 ? [] : [`${count} ${what}`]
  })
  return [...counts, `${total - decided.length} of ${total} left undecided`].join(', ')
}
