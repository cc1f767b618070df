import type { Judgement } from '../../proxy/isolation/judge-isolation.ts'

/**
 * What one check saw. Beside what a judgement of the isolation may say, `warning`: holds now, and will not without somebody; it does not
 * change the exit code.
 */
export type Finding = {
  readonly check: string
  readonly state: Judgement['state'] | 'warning'
  readonly seen: string
  /** What to do; null when it holds. */
  readonly hint: string | null
}

const marks = { holds: '✓', warning: '!', found: '✗', unproven: '?' } satisfies Record<Finding['state'], string>

export const holds = (check: string, seen: string): Finding => ({ check, state: 'holds', seen, hint: null })
export const warning = (check: string, seen: string, hint: string): Finding => ({ check, state: 'warning', seen, hint })
export const found = (check: string, seen: string, hint: string): Finding => ({ check, state: 'found', seen, hint })
export const unproven = (check: string, seen: string, hint: string): Finding => ({
  check,
  state: 'unproven',
  seen,
  hint,
})

/** Holds with what `look` says; found, when it throws, with the message of its error. */
export const attempt = (check: string, hint: string, look: () => string): Finding => {
  try {
    return holds(check, look())
  } catch (error) {
    return found(check, (error as Error).message, hint)
  }
}

/** A mark, what was looked at and what was seen; below it what to do. */
export const spellFinding = ({ check, state, seen, hint }: Finding): string =>
  `${marks[state]} ${check}: ${state === 'unproven' ? 'not proven: ' : ''}${seen}${hint ? `\n  → ${hint}` : ''}`
