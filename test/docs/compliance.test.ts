import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

const docs = join(import.meta.dirname, '../../docs')

type Row = { readonly line: number; readonly proof: string }

/** The last cells of the tables of a page, without heads and rules. */
const proofsIn = (text: string): readonly Row[] =>
  text.split('\n').flatMap((cells, index, lines) => {
    const isBody = cells.startsWith('|') && !/^\| *:?-/.test(cells) && !/^\| *:?-/.test(lines[index + 1] ?? '')
    return isBody ? [{ line: index + 1, proof: cells.split(' | ').at(-1)! }] : []
  })

const testLinks = (proof: string): readonly { readonly name: string; readonly path: string }[] =>
  [...proof.matchAll(/\[([^\]]+)\]\((\.\.\/test\/[^)#]+)\)/g)].map(([, name = '', path = '']) => ({ name, path }))

/** That the commands exist, with their options, is seen to by `test/docs.test.ts` for every page. */
const runsSomething = (proof: string): boolean => testLinks(proof).length > 0 || /`(sluice|npm) [^`]+`/.test(proof)

t.test('compliance map: every row names something that runs, and every test by the name it has', async t => {
  const rows = proofsIn(readFileSync(join(docs, 'compliance.md'), 'utf8'))
  t.ok(rows.length > 50, 'there were rows to look at')
  for (const { line, proof } of rows) {
    t.ok(runsSomething(proof), `line ${line} names a test or a command`)
    for (const { name, path } of testLinks(proof)) {
      const file = resolve(docs, path)
      t.ok(path.endsWith('.test.ts') && existsSync(file), `line ${line}: ${path} is a test`)
      t.ok(readFileSync(file, 'utf8').includes(name), `line ${line}: ${path} has "${name}"`)
    }
  }
})
