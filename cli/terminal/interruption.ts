import { exitCodes, type ExitCode } from '../exit-codes.ts'

/**
 * Is aborted by Ctrl-C or SIGTERM, from when on the process is to end by itself.
 * @param exitCode - what it then ends with; for a service that is how it is stopped
 */
export const interruption = (exitCode: ExitCode = exitCodes.interrupted): AbortSignal => {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      process.exitCode = exitCode
      controller.abort()
    })
  return controller.signal
}
