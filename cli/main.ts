#!/usr/bin/env node
import { programFor } from './program.ts'
import { fail } from './failure.ts'

// Whoever reads our output may have seen enough: "sluice log list | head".
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  const program = await programFor(process.argv.slice(2))
  await program.parseAsync()
} catch (error) {
  fail(error)
}
