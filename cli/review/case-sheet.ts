import type { ReviewCase } from '../../log/review/case.ts'
import type { Policy } from '../../rules/policy.ts'
import { blockReasons, type BlockReason } from '../../rules/verdict.ts'
import { blockIn, explainBlock } from '../rules/explain-block.ts'
import type { Others } from './held-others.ts'
import type { OutlineRow } from './outline.ts'
import { broken, columns, titled, visible } from '../terminal/screen.ts'

/** What a reviewer is shown of a held payload, as lines that fit the terminal. No value of the payload is in them. */

/** @param position - such as `2 of 9`. @param outline - null while the payload has not been opened */
export const caseSheet = (
  { decision, state, events }: ReviewCase,
  position: string,
  outline: readonly OutlineRow[] | null,
): readonly string[] => [
  ...titled('decision', `${decision.id} (${position}), ${state}`),
  ...titled('blocked', decision.time),
  ...titled('from', `${decision.instrument ?? 'unknown'}${decision.route === null ? '' : `, route ${decision.route}`}`),
  ...titled('to', decision.destination ?? 'unknown'),
  ...titled('reason', `${decision.reason}: ${blockReasons[decision.reason as BlockReason]}`),
  ...(decision.rule === null ? [] : titled('rule', decision.rule)),
  ...(decision.place === null ? [] : titled('place', spellPlace(decision.place))),
  ...decision.findings.flatMap(finding =>
    titled('found', `${finding.detector} (${finding.category}), ${finding.length} long, ${spellPlace(finding)}`),
  ),
  ...events.flatMap(said),
  ...(outline === null ? titled('structure', 'not opened; o opens it') : outlineSheet(outline, SOME)),
]

/** Rows of the structure beside the rest of a case; all of them have a screen of their own. */
const SOME = 8

const spellPlace = ({ surface, pointer }: { readonly surface: string; readonly pointer: string }): string =>
  `${surface} ${pointer || '/'}`

/** What people said of it, in their words. */
const said = (event: ReviewCase['events'][number]): readonly string[] => {
  const words = event.kind === 'review.note' ? event.note : 'because' in event ? event.because : null
  if (words === null) return []
  const what = event.kind === 'review.open' ? event.action : event.kind.replace('review.', '')
  return titled(what, `${words} (${event.actor}, ${event.time})`)
}

/** Place, type, size and shape of what is in a payload. */
export const outlineSheet = (outline: readonly OutlineRow[], most = Infinity): readonly string[] => {
  const rows = outline.slice(0, most).flatMap(({ pointer, type, size, shape }) => {
    const what = `  ${pointer || '/'}  ${type} ${size}${shape === '' ? '' : `  ${shape}`}`
    return broken(visible(what), columns(), '      ')
  })
  const more = outline.length - most
  return ['', ...rows, ...(more > 0 ? [`  and ${more} more; o shows all`] : [])]
}

/** Why it was blocked, and what the policy allows there. */
export const whySheet = ({ decision }: ReviewCase, file: string, policy: Policy): readonly string[] => {
  const { reason, explanation, rule, place, allowed, findings } = explainBlock(blockIn(decision), file, policy, null)
  return [
    ...titled('reason', `${reason}: ${explanation}`),
    ...(rule === null ? [] : titled('rule', rule)),
    ...(place === null ? [] : titled('place', spellPlace(place))),
    ...(allowed.nearest === null ? [] : titled('nearest', allowed.nearest)),
    ...(allowed.names.length === 0 ? [] : titled('names here', allowed.names.join(', '))),
    ...allowed.forms.flatMap(form => titled('allowed', form)),
    ...findings.flatMap(({ detector, title, chain, source, ...where }) => {
      const through = chain.length === 0 ? '' : `, through ${chain.join(' > ')}`
      return titled('found', `${detector}: ${title}; ${spellPlace(where)}${through}; ${source}`)
    }),
    ...(policy.digest === decision.policy
      ? []
      : titled('policy', 'the policy file is another than when it was blocked')),
  ]
}

/** What was decided about payloads like it, and why: the most similar one first. */
export const othersSheet = ({ similar, more, waiting }: Others): readonly string[] => [
  ...similar.flatMap(({ likeness, alike, decision, outcome, said }) => [
    ...titled('like it', `${decision}, ${outcome}; ${Math.round(100 * likeness)} % alike (${alike.join(', ')})`),
    ...said.flatMap(({ what, because, signedBy, actor, time }) =>
      titled(what, `${because} (${signedBy ?? actor}, ${time})`),
    ),
  ]),
  ...(more === 0 ? [] : titled('', `and ${more} more cases like it`)),
  ...titled('waiting', `${waiting} others of the same kind`),
]
