import { Presets, SingleBar } from 'cli-progress'

export type ProgressBar = {
  readonly show: (progress: { readonly done: number; readonly total: number }) => void
  /** Takes the bar off the terminal. May be called again. */
  readonly end: () => void
}

/** Milliseconds that pass before anything is shown. */
const PATIENCE_MS = 2_000

/**
 * A bar on standard error while something takes long; nothing where that is no terminal.
 * @param unit - what is counted, in the plural
 */
export const progressBar = (unit: string): ProgressBar => {
  const bar = new SingleBar(
    {
      format: `{bar} {percentage}% | {value} of {total} ${unit} | {eta_formatted} left`,
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    },
    (process.env.NO_COLOR ?? '') === '' ? Presets.shades_classic : Presets.legacy,
  )
  const begun = performance.now()
  let isStarted = false
  return {
    show: ({ done, total }) => {
      // cli-progress draws nothing where there is no terminal
      if (isStarted) bar.update(done)
      else if (performance.now() - begun >= PATIENCE_MS) {
        bar.start(total, done)
        isStarted = true
      }
    },
    end: () => {
      if (isStarted) bar.stop()
      isStarted = false
    },
  }
}
