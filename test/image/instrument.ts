/** The instrument of the image test: `instrument.ts ORIGIN FILE` posts a run status and prints status and code of the answer, or why there is none. */
import { readFileSync } from 'node:fs'

const [origin = '', file = ''] = process.argv.slice(2)

const post = async (): Promise<string> => {
  const response = await fetch(`${origin}/proactive/v1/run-status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: readFileSync(file),
  })
  const { code = 'passed' } = (await response.json()) as { readonly code?: string }
  return `${response.status} ${code}`
}

const whyNot = (error: Error): string => `no answer: ${(error.cause as NodeJS.ErrnoException | undefined)?.code}`

process.stdout.write(`${await post().catch(whyNot)}\n`)
