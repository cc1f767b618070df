import { Command } from 'commander'
import { openReviewerKey } from '../../log/review/reviewer-key.ts'
import { openingOf } from '../../log/held/open-many.ts'
import { decodeHeld, type HeldPayload } from '../../proxy/review/held-payload.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { structureOf, type HeldCase } from '../review/held-case.ts'
import { showCase } from '../review/show-case.ts'
import { makeOpenedFolder } from '../review/opened-folder.ts'
import { passphraseFor, passphraseOption, type PassphraseOptions } from '../terminal/passphrase.ts'
import { json, line } from '../terminal/print.ts'
import { readSealedFile, type SealedCase } from '../review/sealed-file.ts'

type UnsealOptions = PassphraseOptions & { readonly key: string; readonly output?: string; readonly json?: boolean }

export const unsealCommand = (): Command =>
  new Command('unseal')
    .description(
      'look at payloads that were exported sealed: their structure, or all of them in a new folder. Needs no appliance, and records nothing',
    )
    .argument('<file>', 'what "sluice blocked export --sealed" wrote')
    .argument('[ids...]', 'ids of decisions; all that are in the file when absent')
    .requiredOption('--key <file>', "the reviewer's private key")
    .option('-o, --output <folder>', 'write the payloads, octet for octet, to a new folder that only you can read')
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        'sluice blocked unseal away.sealed --key ada.key',
        'sluice blocked unseal away.sealed 019aa0f2-7d1c-7abc-9def-0123456789ab --key ada.key -o opened',
      ),
    )
    .action(async (file: string, ids: readonly string[], options: UnsealOptions) => {
      const opened = await openAll(choose(readSealedFile(file), ids), options)
      if (options.output === undefined) return opened.forEach(one => show(one, options.json ?? false))
      const folder = makeOpenedFolder(options.output)
      for (const { found, payload } of opened) folder.add(found, payload)
      line(`${opened.length} payloads are in ${options.output}`)
    })

const choose = (cases: readonly SealedCase[], ids: readonly string[]): readonly SealedCase[] => {
  const missing = ids.find(id => !cases.some(({ found }) => found.decision === id))
  if (missing !== undefined)
    throw new Failure(`the file has no payload ${missing}`, 'leave the ids out to see all', exitCodes.notFound)
  return ids.length === 0 ? cases : cases.filter(({ found }) => ids.includes(found.decision))
}

type Opened = { readonly found: HeldCase; readonly payload: HeldPayload }

/** @throws Failure when one is sealed for others, or does not open */
const openAll = async (cases: readonly SealedCase[], options: UnsealOptions): Promise<readonly Opened[]> => {
  const key = await openReviewerKey(options.key, () => passphraseFor(options.key, options))
  const opening = openingOf([key], 0)
  const misfit = cases.find(({ sealed }) => !opening.fits(sealed))
  if (misfit)
    throw new Failure(
      `${misfit.found.decision} was sealed for ${misfit.sealed.recipients.map(({ name }) => name).join(', ')}, and not for this key`,
      'name the key file of one of them with --key',
      exitCodes.permission,
    )
  const batch = cases.map(({ found, sealed }) => ({ decision: found.decision, sealed }))
  const payloads = await opening.open(batch)
  return cases.map(({ found }, index) => {
    const payload = payloads[index]
    if (payload) return { found, payload: decodeHeld(payload) }
    throw new Failure(`${found.decision} does not open`, 'the file was altered: have it exported again')
  })
}

const show = ({ found, payload }: Opened, isJson: boolean): void => {
  const structure = structureOf(payload)
  if (isJson) return json({ ...found, ...structure })
  showCase(found, structure)
  line()
}
