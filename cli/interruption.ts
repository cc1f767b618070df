import { exitCodes } from './exit-codes.ts'

/** Is aborted by Ctrl-C or SIGTERM, from when on the process is to end by itself with the exit code of an interruption. */
export const interruption = (): AbortSignal => {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      process.exitCode = exitCodes.interrupted
      controller.abort()
    })
  return controller.signal
}
