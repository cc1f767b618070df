#!/usr/bin/env node
import { program } from './program.ts'
import { fail } from './failure.ts'

try {
  await program.parseAsync()
} catch (error) {
  fail(error)
}
