#!/usr/bin/env node
import { program } from './program.ts'
import { fail } from './failure.ts'

// Whoever reads our output may have seen enough: "sluice log list | head".
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await program.parseAsync()
} catch (error) {
  fail(error)
}
