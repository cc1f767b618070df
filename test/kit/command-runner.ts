import { createInterface } from 'node:readline'
import { fail } from '../../cli/failure.ts'
import { programFor } from '../../cli/program.ts'

// Runs one command line after the other in this process, as cli/main.ts runs one: a line of JSON with its arguments in, one with what came
// of it out. For `commands.ts`.

process.setMaxListeners(0)

const answer = process.stdout.write.bind(process.stdout)

const collected = (stream: NodeJS.WriteStream): (() => string) => {
  let text = ''
  stream.write = (chunk: string | Uint8Array): boolean => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    return true
  }
  return () => text
}

for await (const line of createInterface({ input: process.stdin })) {
  const args = JSON.parse(line) as readonly string[]
  const [stdout, stderr] = [collected(process.stdout), collected(process.stderr)]
  process.exitCode = 0
  try {
    const program = await programFor(args)
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    fail(error)
  }
  answer(`${JSON.stringify({ code: process.exitCode, stdout: stdout(), stderr: stderr() })}\n`)
}
process.exitCode = 0
