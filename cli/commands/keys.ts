import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { LogError } from '../../log/log-error.ts'
import { openLogReader } from '../../log/reading/query.ts'
import type { KeyEntry } from '../../log/record.ts'
import { activeReviewers, retiredReviewers } from '../../log/review/reviewer-folder.ts'
import { createReviewer, openReviewerKey, type ReviewerKey } from '../../log/review/reviewer-key.ts'
import { loadReviewer, parseReviewer, writeReviewer, type ReviewerPublicKey } from '../../log/review/reviewer.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { actor } from '../review/held.ts'
import { passphraseFor, passphraseOption, type PassphraseOptions } from '../terminal/passphrase.ts'
import { fields, json, line, table } from '../terminal/print.ts'
import { resealAll } from '../review/reseal.ts'
import { openReviewerChanges, type ReviewerChanges } from '../review/reviewer-changes.ts'

export const keysCommand = (): Command =>
  new Command('keys')
    .description('the keys with which people open blocked payloads and sign what they decide')
    .addCommand(
      new Command('reviewer')
        .description('make, add, retire and replace the keys of reviewers')
        .addCommand(newCommand())
        .addCommand(listCommand())
        .addCommand(addCommand())
        .addCommand(retireCommand())
        .addCommand(rotateCommand()),
    )

type NewOptions = CommonOptions & PassphraseOptions & { readonly output: string }

const newCommand = (): Command =>
  new Command('new')
    .description(
      'make the keys of a reviewer, on any machine: NAME.pub for the appliance, NAME.key for the reviewer alone',
    )
    .argument('<name>', 'name of the reviewer: lower-case letters, digits and hyphens')
    .option('-o, --output <folder>', 'where to put the two files', '.')
    .addOption(passphraseOption())
    .addHelpText('after', examples('sluice keys reviewer new ada -o ~/sluice-keys', 'sluice keys reviewer add ada.pub'))
    .action(async (name: string, options: NewOptions) => {
      const passphrase = await passphraseFor(`${name}.key`, options, true)
      const { publicFile, privateFile } = await createReviewer(options.output, name, { passphrase })
      const { fingerprint, signingFingerprint } = loadReviewer(publicFile)
      if (options.json) return json({ name, publicFile, privateFile, fingerprint, signingFingerprint })
      fields([
        ['for the appliance', publicFile],
        ['for the reviewer', `${privateFile}, which the passphrase protects: keep both, and not together`],
        ['opens with', fingerprint],
        ['signs with', signingFingerprint],
      ])
    })

/** A reviewer's keys as people ask for them. Times as the log has them; null for what is older than its records of keys. */
type Listed = {
  readonly name: string
  readonly state: 'active' | 'retired'
  readonly fingerprint: string
  readonly signingFingerprint: string
  readonly since: string | null
  readonly until: string | null
  /** Payloads that the key opens. */
  readonly held: number
}

const listCommand = (): Command =>
  new Command('list')
    .description('list the reviewers, their keys, and how many of the held payloads each key opens')
    .addHelpText('after', examples('sluice keys reviewer list', 'sluice keys reviewer list --json | jq .fingerprint'))
    .action((options: CommonOptions) => {
      const listed = listReviewers(readyFolder(options))
      if (options.json) return listed.forEach(json)
      table(
        ['reviewer', 'state', 'opens with', 'signs with', 'since', 'until', 'opens payloads'],
        listed.map(each => [
          each.name,
          each.state,
          each.fingerprint,
          each.signingFingerprint,
          each.since,
          each.until,
          each.held,
        ]),
      )
    })

const listReviewers = (folder: DataFolder): readonly Listed[] => {
  const reader = openLogReader(folder.log)
  try {
    const [history, held] = [reader.reviewerKeys(), reader.heldByKey()]
    const timeOf = (is: (entry: KeyEntry) => boolean): string | null =>
      history.findLast(entry => entry.action !== 'reseal' && is(entry))?.time ?? null
    const listed =
      (state: Listed['state']) =>
      ({ name, fingerprint, signingFingerprint }: ReviewerPublicKey): Listed => ({
        name,
        state,
        fingerprint,
        signingFingerprint,
        since: timeOf(entry => entry.fingerprint === fingerprint),
        until: state === 'active' ? null : timeOf(entry => entry.previous === fingerprint),
        held: held.get(fingerprint) ?? 0,
      })
    return [
      ...activeReviewers(folder.reviewers).map(listed('active')),
      ...retiredReviewers(folder.reviewers).map(listed('retired')),
    ]
  } finally {
    reader.close()
  }
}

const addCommand = (): Command =>
  new Command('add')
    .description('seal payloads that are blocked from now on to a further reviewer')
    .argument('<file>', "the reviewer's public file, NAME.pub")
    .addHelpText('after', examples('sluice keys reviewer add ada.pub'))
    .action(async (file: string, options: CommonOptions) => {
      const reviewer = loadReviewer(file)
      const request = { name: reviewer.name, publicFile: writeReviewer(reviewer), actor: actor() }
      const done = await withChanges(options, changes => changes.add(request))
      if (options.json) return json({ name: reviewer.name, action: 'add', ...done })
      line(`payloads are sealed to ${reviewer.name} (${reviewer.fingerprint}) ${fromWhen(done)}`)
    })

const retireCommand = (): Command =>
  new Command('retire')
    .description(
      'seal no further payload to a reviewer; those that are held stay readable for them until they are gone',
    )
    .argument('<name>', 'name of the reviewer')
    .addHelpText('after', examples('sluice keys reviewer retire ada'))
    .action(async (name: string, options: CommonOptions) => {
      const done = await withChanges(options, changes => changes.retire({ name, actor: actor() }))
      if (options.json) return json({ name, action: 'retire', ...done })
      line(`no payload is sealed to ${name} ${fromWhen(done)}`)
    })

type RotateOptions = CommonOptions & PassphraseOptions & { readonly new: string; readonly key: string }

const rotateCommand = (): Command =>
  new Command('rotate')
    .description('replace the keys of a reviewer, and seal the payloads that the old key opens to the new one instead')
    .argument('<name>', 'name of the reviewer')
    .requiredOption('--new <file>', 'the new public file')
    .requiredOption('--key <file>', 'the old private key; it is used here, and never handed to the appliance')
    .addOption(passphraseOption())
    .addHelpText('after', examples('sluice keys reviewer rotate ada --new new/ada.pub --key ~/sluice-keys/ada.key'))
    .action(async (name: string, options: RotateOptions) => {
      const folder = readyFolder(options)
      const next = parseReviewer(name, readFileSync(options.new, 'utf8'))
      const old = await openReviewerKey(options.key, () => passphraseFor(options.key, options))
      requireOwn(folder, name, old, next)
      const done = await withChanges(options, async changes => {
        await changes.rotate({ name, publicFile: writeReviewer(next), actor: actor() })
        return resealAll(folder, changes, old, next)
      })
      if (done.broken > 0) process.exitCode = exitCodes.partly
      if (options.json)
        return json({ name, action: 'rotate', previous: old.fingerprint, fingerprint: next.fingerprint, ...done })
      line(`payloads are sealed to ${name} with ${next.fingerprint} ${fromWhen(done)}`)
      line(`${done.resealed} held payloads were sealed to it in place of the old key`)
      if (done.broken > 0)
        line(`${done.broken} do not open with the old key and stay as they are: run "sluice log verify"`)
    })

/** The old key has to be the one that is replaced, or, to go on after an interruption, the one that was. */
const requireOwn = (folder: DataFolder, name: string, old: ReviewerKey, next: ReviewerPublicKey): void => {
  const current = activeReviewers(folder.reviewers).find(reviewer => reviewer.name === name)
  if (current === undefined) throw new LogError('ERR_REVIEWER_UNKNOWN', `payloads are not sealed for ${name}`)
  const replaced = retiredReviewers(folder.reviewers).filter(reviewer => reviewer.name === name)
  const isGoingOn =
    current.fingerprint === next.fingerprint && replaced.some(({ fingerprint }) => fingerprint === old.fingerprint)
  if (current.fingerprint === old.fingerprint || isGoingOn) return
  throw new Failure(
    `the private key is not the one that ${name} has`,
    'name the key whose fingerprint "sluice keys reviewer list" shows',
    exitCodes.refused,
  )
}

const withChanges = async <Done extends object>(
  options: CommonOptions,
  act: (changes: ReviewerChanges) => Promise<Done>,
): Promise<Done & { readonly isRunning: boolean }> => {
  const changes = await openReviewerChanges(readyFolder(options))
  try {
    return { ...(await act(changes)), isRunning: changes.isRunning }
  } finally {
    await changes.close()
  }
}

const fromWhen = ({ isRunning }: Pick<ReviewerChanges, 'isRunning'>): string =>
  isRunning ? 'from now on' : 'from the next start on; the appliance does not run'
