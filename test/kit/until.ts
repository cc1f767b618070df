import { setTimeout } from 'node:timers/promises'

/** Waits until something has come true; that it never does is what the test runner's time limit is for. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await setTimeout(5)
}
