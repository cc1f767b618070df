import { Command } from 'commander'
import { writeExclusive } from '../../log/writing/exclusive-file.ts'
import type { HeldPayload } from '../../proxy/review/held-payload.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { openHeld } from '../review/held.ts'
import { openKeyboard } from '../terminal/keyboard.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { line } from '../terminal/print.ts'
import { revealedLines } from '../review/revealed-lines.ts'
import { osIdentity, withReviews } from '../review/review-client.ts'
import { railFailure } from '../review/review-report.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../review/reviewer-keys.ts'
import { page, visible } from '../terminal/screen.ts'

type RevealOptions = CommonOptions & KeyOptions & { readonly because: string; readonly output?: string }

export const revealCommand = (): Command =>
  new Command('reveal')
    .description(
      'show all of a blocked payload, on a screen of the terminal or in a file of your own. Is recorded before, with the reason.',
    )
    .argument('<id>', 'id of the decision')
    .requiredOption('--because <text>', 'why it has to be seen, for the log: at most 200 characters')
    .option('--output <file>', 'write the content, octet for octet, to a new file that only you can read')
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples("sluice blocked reveal 019aa0f2-7d1c-7abc-9def-0123456789ab --because 'the shape says nothing'"),
    )
    .action(async (id: string, options: RevealOptions) => {
      const { output, because } = options
      if (output === undefined && !process.stdout.isTTY)
        throw new Failure(
          'standard output is no terminal, and a payload is not written anywhere else',
          'name a file with --output; it is made for you alone',
          exitCodes.usage,
        )
      const folder = readyFolder(options)
      const payload = await openHeld(folder, id, await reviewerKeys(folder, options))
      const result = await withReviews(folder, reviews =>
        reviews.act({ action: 'reveal', decision: id, actor: osIdentity(), because }),
      )
      if (result.kind === 'refused') throw railFailure(result.rail, result.detail?.explanation ?? null)
      if (output === undefined) await showAll(payload)
      else writeExclusive(output, payload.content, 0o600)
    })

/** A screen at a time, so that nothing of it stays on the terminal; line by line where nobody can press a key. */
const showAll = async (payload: HeldPayload): Promise<void> => {
  const lines = revealedLines(payload)
  if (!process.stdin.isTTY) return lines.forEach(text => line(visible(text)))
  const keyboard = openKeyboard('a screen', 'name a file with --output')
  try {
    await page(lines, keyboard)
  } finally {
    keyboard.close()
  }
}
