import { Command } from 'commander'
import { writeExclusive } from '../../log/exclusive-file.ts'
import type { HeldPayload } from '../../proxy/held-payload.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { openHeld } from '../held.ts'
import { passphraseOption } from '../passphrase.ts'
import { harmless, line } from '../print.ts'
import { osIdentity, withReviews } from '../review-client.ts'
import { railFailure } from '../review-report.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../reviewer-keys.ts'

type RevealOptions = CommonOptions & KeyOptions & { readonly because: string; readonly output?: string }

export const revealCommand = (): Command =>
  new Command('reveal')
    .description('show all of a blocked payload, on a terminal or in a file of your own. Is recorded, with the reason.')
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
      if (output === undefined) showAll(payload)
      else writeExclusive(output, payload.content, 0o600)
    })

/** A payload is an attacker's text: no line of it can command the terminal. */
const showAll = ({ head, content }: HeldPayload): void => {
  const fields = head.fields.map(([name, value]) => `${name}: ${value}`)
  const text = [`${head.method} ${head.target}`, ...fields, '', ...Buffer.from(content).toString().split('\n')]
  for (const one of text) line(harmless(one))
}
