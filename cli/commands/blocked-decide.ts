import { Command } from 'commander'
import { readyFolder } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exceptionPatch, requireFree, tellExceptions } from '../review/exception-patch.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { withReviews } from '../review/review-client.ts'
import { reviewEach } from '../review/review-report.ts'
import { chooseHeld, withSelection, type SelectionOptions } from '../review/review-selection.ts'

/** What is decided about payloads without opening them. */

export const noteCommand = (): Command =>
  withSelection(new Command('note'))
    .description('write down what was found out about blocked payloads, without deciding about them')
    .addHelpText(
      'after',
      examples("sluice blocked note 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'asked the vendor, ticket 4711'"),
    )
    .action(async (ids: readonly string[], options: SelectionOptions) => {
      const folder = readyFolder(options)
      const chosen = await chooseHeld(folder, ids, 'note', 'review.note', options)
      const { because } = options
      if (chosen)
        await withReviews(folder, reviews =>
          reviewEach(reviews, chosen, () => ({ action: 'note', because }), options.json ?? false),
        )
    })

type RejectOptions = SelectionOptions & { readonly falsePositive?: boolean; readonly patch?: string }

export const rejectCommand = (): Command =>
  withSelection(new Command('reject'))
    .description('decide that blocked payloads are not released')
    .option(
      '--false-positive',
      'nothing is wrong with them, the policy is: once it is mended, a replay may send them, and an exception is suggested. Without it, they are leaks',
    )
    .option('--patch <file>', 'with --false-positive: write the suggested exceptions to a new file, as a patch')
    .addHelpText(
      'after',
      examples(
        "sluice blocked reject 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'reads in a log line'",
        "sluice blocked reject 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'an index sequence of the kit' --false-positive --patch kit.patch",
        "sluice blocked reject --reason schema-violation --since 1d --because 'firmware test' --dry-run",
      ),
    )
    .action(async (ids: readonly string[], options: RejectOptions) => {
      const { because, falsePositive = false, patch, json: isJson = false } = options
      if (patch !== undefined && !falsePositive)
        throw new Failure(
          'only a false positive has a patch',
          'add --false-positive, or leave --patch out',
          exitCodes.usage,
        )
      requireFree(patch)
      const folder = readyFolder(options)
      const chosen = await chooseHeld(folder, ids, 'reject', 'review.reject', options)
      if (!chosen) return
      const finding = falsePositive ? 'false-positive' : 'leak'
      const done = await withReviews(folder, reviews =>
        reviewEach(reviews, chosen, () => ({ action: 'reject', because, finding }), isJson),
      )
      const rejected = done.map(decision => ({ decision, because }))
      if (falsePositive && done.length > 0) tellExceptions(exceptionPatch(folder, rejected), patch, isJson)
    })

export const purgeCommand = (): Command =>
  withSelection(new Command('purge'))
    .description('delete blocked payloads for good; the records of what was decided about them stay')
    .addHelpText(
      'after',
      examples(
        "sluice blocked purge --state rejected --until 30d --because 'retention of 30 days' --dry-run",
        "sluice blocked purge --state rejected --until 30d --because 'retention of 30 days' --confirm 5c2f0a91d7e84b6630c1f2a4d5e6b708",
      ),
    )
    .action(async (ids: readonly string[], options: SelectionOptions) => {
      const folder = readyFolder(options)
      const chosen = await chooseHeld(folder, ids, 'purge', 'purge', options)
      const { because } = options
      if (chosen)
        await withReviews(folder, reviews =>
          reviewEach(reviews, chosen, () => ({ action: 'purge', because }), options.json ?? false),
        )
    })
