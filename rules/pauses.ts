/** What people have stopped, by `sluice pause`: everything, or single instruments. */
export type Pauses = { readonly all: boolean; readonly instruments: ReadonlySet<string> }

export const noPauses: Pauses = { all: false, instruments: new Set() }

/** @param instrument - id of the policy */
export const isPaused = ({ all, instruments }: Pauses, instrument: string): boolean =>
  all || instruments.has(instrument)
