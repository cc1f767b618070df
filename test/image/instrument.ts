/** The instrument of the image test: `instrument.ts ORIGIN FILE` posts a run status and prints status and code of the answer. */
import { readFileSync } from 'node:fs'

const [origin = '', file = ''] = process.argv.slice(2)
const response = await fetch(`${origin}/proactive/v1/run-status`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: readFileSync(file),
})
const { code = 'passed' } = (await response.json()) as { readonly code?: string }
process.stdout.write(`${response.status} ${code}\n`)
