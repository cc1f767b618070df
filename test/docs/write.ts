/** Writes the reference pages anew: `npm run docs`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatted } from './formatted.ts'
import { referencePages } from './reference.ts'

for (const [path, text] of Object.entries(referencePages()))
  writeFileSync(join(import.meta.dirname, '..', '..', path), await formatted(text))
