import { Command } from 'commander'
import { railSettings, readSettings } from '../../proxy/settings.ts'
import { readyFolder } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { withReviews } from '../review/review-client.ts'
import { reviewEach } from '../review/review-report.ts'
import { chooseHeld, withSelection, type SelectionOptions } from '../review/review-selection.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../review/reviewer-keys.ts'
import { signStatement } from '../sign-statement.ts'
import { parseAge } from '../time.ts'

type ApproveOptions = SelectionOptions & KeyOptions & { readonly sign?: boolean; readonly expires?: number }

export const approveCommand = (): Command =>
  withSelection(new Command('approve'))
    .description(
      'approve the release of blocked payloads that somebody has looked at; somebody else has to release them',
    )
    .option('--expires <span>', 'how long it holds: 30m, 2h; as long as the settings admit when absent', parseAge)
    .option('--sign', "sign it with a reviewer's key, so that an auditor can tell who it was")
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        "sluice blocked approve 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'a lot number, not a sequence'",
        "sluice blocked approve 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'ticket 4711' --sign --key ~/ada.key",
      ),
    )
    .action(async (ids: readonly string[], options: ApproveOptions) => {
      const folder = readyFolder(options)
      const chosen = await chooseHeld(folder, ids, 'approve', 'review.approve', options)
      if (!chosen) return
      const keys = options.sign === true ? await reviewerKeys(folder, options) : null
      const { because, expires: span } = options
      const lasts = span ?? railSettings(readSettings(folder)).approvalExpires
      await withReviews(folder, reviews =>
        reviewEach(
          reviews,
          chosen,
          ({ decision }) => {
            const expires = new Date(Date.now() + lasts).toISOString()
            const signature = keys && signStatement(folder, 'approve', decision, expires, keys)
            return { action: 'approve', because, expires, ...(signature && { signature }) }
          },
          options.json ?? false,
        ),
      )
    })
