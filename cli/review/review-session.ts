import { openLogReader } from '../../log/reading/query.ts'
import { readCase, type ReviewCase } from '../../log/review/case.ts'
import { isProtected, type ReviewerKey } from '../../log/review/reviewer-key.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { policyFile, railSettings, readSettings } from '../../proxy/settings.ts'
import { caseSheet, othersSheet, outlineSheet, whySheet } from './case-sheet.ts'
import type { Rejected } from './exception-patch.ts'
import { exitCodes } from '../exit-codes.ts'
import { describe, Failure } from '../failure.ts'
import { heldCase } from './held-case.ts'
import { othersLike, type Others } from './held-others.ts'
import { openHeld } from './held.ts'
import type { Keyboard } from '../terminal/keyboard.ts'
import { outlineOf, type OutlineRow } from './outline.ts'
import { line } from '../terminal/print.ts'
import { revealedLines } from './revealed-lines.ts'
import { osIdentity, withReviews } from './review-client.ts'
import { railFailure, type Wanted } from './review-report.ts'
import { keyFilesIn, reviewerKeys, type KeyOptions } from './reviewer-keys.ts'
import { bold, broken, columns, page } from '../terminal/screen.ts'
import { signStatement } from '../sign-statement.ts'

export type SessionOptions = KeyOptions & {
  /** The reason for everything; asked for each time when absent. */
  readonly because?: string
  readonly sign?: boolean
  /** Milliseconds that an approval lasts. */
  readonly expires?: number
}

/** What a person may decide about a payload, and how it is counted. */
export const verdicts = {
  approve: 'approved',
  leak: 'rejected as leaks',
  'false-positive': 'rejected as false positives',
} as const

export type Verdict = keyof typeof verdicts

export type Session = {
  /** The last word on each payload. */
  readonly decided: ReadonlyMap<string, Verdict>
  readonly falsePositives: () => readonly Rejected[]
  /** Goes through the payloads to the last, or until the person ends it. @throws Failure `interrupted` after Ctrl-C */
  readonly run: () => Promise<void>
}

/** What each key does, in the order of the help. */
const keys = {
  a: 'approve its release; somebody else has to release it then',
  r: 'reject it: it is a leak, and stays here',
  f: 'reject it as a false positive: the policy is wrong, and an exception is suggested at the end',
  s: 'skip it, and decide nothing',
  v: 'reveal all of it; for a reason, and recorded',
  o: 'open it and show all of its structure, with values masked; recorded',
  w: 'why it was blocked, what the policy allows, and what was decided about others like it',
  n: 'note something about it',
  b: 'back to the one before',
  q: 'quit; what was decided stays',
  '?': 'this help',
} as const

type KeyName = keyof typeof keys

const isKey = (name: string): name is KeyName => Object.hasOwn(keys, name)

/** Where a key leads: this many cases on, 0 being the same once more; or to the next key, or to the end. */
type Step = -1 | 0 | 1 | 'ask' | 'end'

/**
 * Goes through held payloads, one by one, with a person at the keyboard. Every act is one request to the desk, as that of a single command:
 * it is done whole or not at all, whenever the person leaves.
 */
export const openSession = (
  folder: DataFolder,
  ids: readonly string[],
  keyboard: Keyboard,
  options: SessionOptions,
): Session => {
  const decided = new Map<string, Verdict>()
  const reasons = new Map<string, string>()
  /** Structures that were shown, so that coming back to a case records no further look. */
  const outlines = new Map<string, readonly OutlineRow[]>()
  const keyring = openKeyring(folder, keyboard, options)

  const act = async ({ decision, state: seen }: Shown, wanted: Wanted): Promise<string> => {
    const request = { ...wanted, decision: decision.id, seen, actor: osIdentity() }
    const result = await withReviews(folder, reviews => reviews.act(request))
    if (result.kind === 'refused') throw railFailure(result.rail, result.detail?.explanation ?? null)
    return result.state
  }

  /** @throws Failure where nothing is said */
  const reasonFor = async (question: string): Promise<string> => {
    const because = options.because ?? (await keyboard.line(`${question} `))
    if (because.trim() !== '') return because
    throw new Failure('nothing was said, so nothing was done', 'every act needs a reason for the log', exitCodes.usage)
  }

  const open = async (shown: Shown): Promise<void> => {
    const { id } = shown.decision
    const payload = await openHeld(folder, id, await keyring.keys())
    await act(shown, { action: 'show' })
    outlines.set(id, outlineOf(payload.content, payload.head))
  }

  const show = async (id: string, position: string): Promise<Shown> => {
    const before = caseOf(folder, id)
    if (!outlines.has(id) && keyring.isOpen()) await open(before).catch(tellFault)
    const shown = caseOf(folder, id)
    line(`\n${bold('-'.repeat(Math.min(columns(), 60)))}`)
    caseSheet(shown, position, outlines.get(id) ?? null).forEach(text => line(text))
    return shown
  }

  const decide = async (shown: Shown, verdict: Verdict, wanted: Wanted): Promise<Step> => {
    const state = await act(shown, wanted)
    decided.set(shown.decision.id, verdict)
    reasons.set(shown.decision.id, wanted.because ?? '')
    line(`recorded; it is now ${state}`)
    return 1
  }

  const approve = async (shown: Shown): Promise<Step> => {
    const because = await reasonFor('Why may it be released?')
    const expires = new Date(Date.now() + (options.expires ?? approvalLasts(folder))).toISOString()
    const signature =
      options.sign === true ? signStatement(folder, 'approve', shown.decision.id, expires, await keyring.keys()) : null
    return decide(shown, 'approve', { action: 'approve', because, expires, ...(signature && { signature }) })
  }

  const reject = async (shown: Shown, finding: 'leak' | 'false-positive'): Promise<Step> => {
    const because = await reasonFor(finding === 'leak' ? 'What is leaking?' : 'Why is it a false positive?')
    return decide(shown, finding, { action: 'reject', because, finding })
  }

  const reveal = async (shown: Shown): Promise<void> => {
    const because = await reasonFor('Why has it to be seen?')
    const payload = await openHeld(folder, shown.decision.id, await keyring.keys())
    await act(shown, { action: 'reveal', because })
    await page(revealedLines(payload), keyboard)
  }

  const showStructure = async (shown: Shown): Promise<void> => {
    const { id } = shown.decision
    if (!outlines.has(id)) await open(shown)
    await page(outlineSheet(outlines.get(id) ?? []), keyboard)
  }

  const follow = async (key: KeyName, shown: Shown): Promise<Step> => {
    switch (key) {
      case 'a':
        return approve(shown)
      case 'r':
        return reject(shown, 'leak')
      case 'f':
        return reject(shown, 'false-positive')
      case 's':
        return 1
      case 'v':
        await reveal(shown)
        return 0
      case 'o':
        await showStructure(shown)
        return 0
      case 'w': {
        const file = policyFile(folder, readSettings(folder))
        const sheet = [...whySheet(shown, file, loadPolicy(file)), ...othersSheet(likeIt(folder, shown))]
        sheet.forEach(text => line(text))
        return 'ask'
      }
      case 'n':
        await act(shown, { action: 'note', because: await reasonFor('What is there to note?') })
        return 0
      case 'b':
        return -1
      case 'q':
        return 'end'
      case '?':
        Object.entries(keys).forEach(([name, what]) =>
          broken(`${name}  ${what}`, columns(), '   ').forEach(text => line(text)),
        )
        return 'ask'
    }
  }

  const decideOn = async (shown: Shown): Promise<Exclude<Step, 'ask'>> => {
    for (;;) {
      process.stdout.write(bold(`Decide [${Object.keys(keys).join(',')}]? `))
      const name = await keyboard.key()
      const key = name === 'ctrl-d' ? 'q' : name
      line(isKey(key) ? key : '\nno such key; ? lists them')
      const step = isKey(key) ? await follow(key, shown).catch(tellFault) : 'ask'
      if (step !== 'ask') return step
    }
  }

  return {
    decided,
    falsePositives: () =>
      [...decided].flatMap(([decision, verdict]) =>
        verdict === 'false-positive' ? [{ decision, because: reasons.get(decision)! }] : [],
      ),
    run: async () => {
      for (let index = 0; index < ids.length;) {
        keyboard.requireOn()
        const shown = await show(ids[index]!, `${index + 1} of ${ids.length}`)
        const step = await decideOn(shown)
        if (step === 'end') return
        index = Math.max(0, index + step)
      }
    },
  }
}

type Shown = ReviewCase

const caseOf = (folder: DataFolder, id: string): Shown => {
  const reader = openLogReader(folder.log)
  try {
    const found = readCase(reader, id)
    if (found) return found
  } finally {
    reader.close()
  }
  throw new Failure(`no payload is held for ${id}`, 'it was purged meanwhile', exitCodes.notFound)
}

/** Few enough to be read beside the case itself. */
const SIMILAR = 3

const likeIt = (folder: DataFolder, { decision }: Shown): Others => {
  const reader = openLogReader(folder.log)
  try {
    return othersLike(reader, heldCase(reader, decision.id), SIMILAR)
  } finally {
    reader.close()
  }
}

const approvalLasts = (folder: DataFolder): number => railSettings(readSettings(folder)).approvalExpires

/** What went wrong with one act keeps nobody from the next one; an interruption ends all. */
const tellFault = (error: unknown): 'ask' => {
  const { message, hint, exitCode } = describe(error)
  if (exitCode === exitCodes.interrupted) throw error
  for (const text of [message, hint]) broken(text, columns(), '  ').forEach(part => line(part))
  return 'ask'
}

type Keyring = {
  /** Whether keys are at hand without a passphrase having to be asked for. */
  readonly isOpen: () => boolean
  /** Opened once; what is wrong with the passphrase is said, and it is asked for again next time. */
  readonly keys: () => Promise<readonly ReviewerKey[]>
}

const openKeyring = (folder: DataFolder, keyboard: Keyboard, options: KeyOptions): Keyring => {
  let opened: readonly ReviewerKey[] | null = null
  const files = options.key === undefined ? keyFilesIn(folder.reviewers) : [options.key]
  const isSilent = files.length > 0 && (options.passphraseFile !== undefined || !files.some(isProtected))
  return {
    isOpen: () => opened !== null || isSilent,
    keys: async () => (opened ??= await keyboard.lend(() => reviewerKeys(folder, options))),
  }
}
