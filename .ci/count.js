/**
 * count.js STATUS FOLDER: counts the promises in the TAP files that tap left in FOLDER, one for each test file, and ends the run:
 * with 0 only when the test command ended with STATUS 0, something was executed and nothing failed.
 *
 * A promise is a top-level test of a test file. A file that broke before its plan counts as one more that failed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [status = '1', folder = ''] = process.argv.slice(2)

const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.tap'))
  : []

const count = { passed: 0, failed: 0, skipped: 0 }
for (const file of files) {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n')
  for (const line of lines) {
    if (/^(not )?ok .*# SKIP/i.test(line)) count.skipped++
    else if (line.startsWith('ok ')) count.passed++
    else if (line.startsWith('not ok ')) count.failed++
  }
  if (!lines.some(line => /^1\.\.\d+/.test(line)) || lines.some(line => line.startsWith('Bail out!'))) count.failed++
}

// The test command failed in a way that no file tells of: nothing was installed, or the runner itself broke.
if (status !== '0' && count.failed === 0) count.failed = 1

const isGood = status === '0' && count.failed === 0 && count.passed > 0
if (count.passed + count.failed === 0) process.stdout.write('no test was executed\n')
process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`)
process.exitCode = isGood ? 0 : 1
