import { Command } from 'commander'
import { openLogReader } from '../../log/reading/query.ts'
import type { SimilarCase } from '../../log/review/similar-cases.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { parseCount } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { heldCase, structureOf, type HeldCase, type Structure } from '../review/held-case.ts'
import { othersLike, type Others } from '../review/held-others.ts'
import { openHeld } from '../review/held.ts'
import { passphraseOption } from '../terminal/passphrase.ts'
import { json, line, table, type Cell } from '../terminal/print.ts'
import { recordLooks } from '../review/review-client.ts'
import { keyOption, reviewerKeys, type KeyOptions } from '../review/reviewer-keys.ts'
import { showCase } from '../review/show-case.ts'

type ShowOptions = CommonOptions & KeyOptions & { readonly similar?: number | true }

export const showCommand = (): Command =>
  new Command('show')
    .description('show the structure of a blocked payload: places, types, lengths; values stay masked. Is recorded.')
    .argument('<id>', 'id of the decision')
    .option(
      '--similar [n]',
      'also what was decided about others like it, and why: the most similar ones first, ten when no number is given',
      parseCount,
    )
    .addOption(keyOption())
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        'sluice blocked show 019aa0f2-7d1c-7abc-9def-0123456789ab --key ~/reviewer.key',
        'sluice blocked show 019aa0f2-7d1c-7abc-9def-0123456789ab --similar --key ~/reviewer.key',
      ),
    )
    .action(async (id: string, options: ShowOptions) => {
      const folder = readyFolder(options)
      const payload = await openHeld(folder, id, await reviewerKeys(folder, options))
      await recordLooks(folder, [id], 'show')
      const reader = openLogReader(folder.log)
      try {
        const found = heldCase(reader, id)
        const others = options.similar === undefined ? null : othersLike(reader, found, options.similar)
        show(found, structureOf(payload), others, options)
      } finally {
        reader.close()
      }
    })

const show = (found: HeldCase, structure: Structure, others: Others | null, options: CommonOptions): void => {
  if (options.json) return json({ ...found, ...structure, ...others })
  showCase(found, structure)
  if (others !== null) showOthers(others)
}

const showOthers = ({ similar, more, waiting }: Others): void => {
  line()
  line(`others of the same kind that wait for a decision: ${waiting}`)
  line(`cases like it about which something was said or decided: ${similar.length + more}`)
  if (similar.length === 0) return
  table(['alike', 'in', 'id', 'instrument', 'outcome', 'when', 'what', 'who', 'because'], similar.flatMap(rowsOf))
  if (more > 0) line(`and ${more} more: --similar ${similar.length + more}`)
}

const rowsOf = ({
  likeness,
  alike,
  decision,
  instrument,
  outcome,
  said,
}: SimilarCase): readonly (readonly Cell[])[] => {
  const which = [`${Math.round(100 * likeness)} %`, alike.join(', '), decision, instrument, outcome]
  if (said.length === 0) return [[...which, null, null, null, null]]
  return said.map(({ time, what, actor, signedBy, because }) => [...which, time, what, signedBy ?? actor, because])
}
