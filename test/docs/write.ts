/** Writes the reference pages, and the capacity reports in the READMEs of the packs, anew: `npm run docs`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatted } from './formatted.ts'
import { packReadmes } from './pack-capacity.ts'
import { referencePages } from './reference.ts'

for (const [path, text] of Object.entries({ ...referencePages(), ...(await packReadmes()) }))
  writeFileSync(join(import.meta.dirname, '..', '..', path), await formatted(text))
