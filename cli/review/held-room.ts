import type { HeldTotal } from '../../log/held/held-table.ts'
import type { Settings } from '../../proxy/settings.ts'

/** How much of the room for held payloads is taken: 0 to 1. */
export const shareHeld = ({ payloads, bytes }: HeldTotal, { maxPayloads, maxBytes }: Settings['held']): number =>
  Math.max(payloads / maxPayloads, bytes / maxBytes)

const MIB = 1024 ** 2

const whenFullTexts = {
  refuse: 'FULL: what is blocked gets 503, and its data stays with the instrument',
  'drop-payload': 'FULL: what is blocked is recorded, but not held for review',
} satisfies Record<Settings['held']['whenFull'], string>

/** How much is held for review, of how much may be, for how long, and what happens when there is no room. */
export const spellHeld = (
  { payloads, bytes, isFull }: HeldTotal & { readonly isFull: boolean },
  { maxPayloads, maxBytes, keepFor, whenFull }: Settings['held'],
): string => {
  const room = `${payloads} of ${maxPayloads} payloads, ${Math.ceil(bytes / MIB)} of ${Math.floor(maxBytes / MIB)} MiB, for ${keepFor}`
  return isFull ? `${room}; ${whenFullTexts[whenFull]}` : `${room}; when full: ${whenFull}`
}
