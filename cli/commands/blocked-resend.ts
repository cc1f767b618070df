import { Command } from 'commander'
import { readyFolder } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { unsealHeld } from '../review/held.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { withReviews } from '../review/review-client.ts'
import { reviewEach } from '../review/review-report.ts'
import { chooseHeld, withSelection, type SelectionOptions } from '../review/review-selection.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../review/reviewer-keys.ts'
import { signStatement } from '../sign-statement.ts'

/** What opens payloads and sends them. */

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

export const replayCommand = (): Command =>
  withSelection(new Command('replay'))
    .description("send blocked payloads again, each at most once: they leave only if today's policy lets them")
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        "sluice blocked replay 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'the schema knows the field now'",
        "sluice blocked replay --reason schema-violation --since 2d --because 'policy 12' --dry-run",
      ),
    )
    .action(async (ids: readonly string[], options: SelectionOptions & KeyOptions) => {
      const folder = readyFolder(options)
      const chosen = await chooseHeld(folder, ids, 'replay', 'review.replay', options)
      if (!chosen) return
      const keys = await reviewerKeys(folder, options)
      const { because } = options
      await withReviews(folder, reviews =>
        reviewEach(
          reviews,
          chosen,
          async ({ decision }) => {
            const payload = base64(await unsealHeld(folder, decision, keys))
            return { action: 'replay', because, payload }
          },
          options.json ?? false,
        ),
      )
    })

type ReleaseOptions = SelectionOptions & KeyOptions & { readonly sign?: boolean }

export const releaseCommand = (): Command =>
  withSelection(new Command('release'))
    .description('send blocked payloads although inspection blocks them: each once, after somebody else approved it')
    .option('--sign', "sign it with a reviewer's key; with a signed approval by another one, that makes two people")
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        "sluice blocked release 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'ticket 4711, approved by the PI'",
        "sluice blocked release 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'ticket 4711' --sign --key ~/bob.key",
      ),
    )
    .action(async (ids: readonly string[], options: ReleaseOptions) => {
      const folder = readyFolder(options)
      const chosen = await chooseHeld(folder, ids, 'release', 'review.release', options)
      if (!chosen) return
      const keys = await reviewerKeys(folder, options)
      const { because, sign } = options
      await withReviews(folder, reviews =>
        reviewEach(
          reviews,
          chosen,
          async ({ decision }) => {
            const payload = base64(await unsealHeld(folder, decision, keys))
            const signature = sign === true ? signStatement(folder, 'release', decision, null, keys) : null
            return { action: 'release', because, payload, ...(signature && { signature }) }
          },
          options.json ?? false,
        ),
      )
    })
