import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openCheckpoint, signCheckpoint } from '../../../log/proofs/checkpoint.ts'
import { createLog } from '../../../log/writing/create-log.ts'
import { openJournal } from '../../../log/writing/journal.ts'
import { logFiles } from '../../../log/log-files.ts'
import { loadSigner, loadVerifier } from '../../../log/writing/log-keys.ts'
import { leafHash, verifyInclusion } from '../../../log/proofs/merkle.ts'
import { proveRecord } from '../../../log/proofs/prove.ts'
import { checkProof, formatProof, parseProof } from '../../../log/proofs/tlog-proof.ts'
import { sluice } from '../../kit/sluice.ts'
import { decisionOf, origin, outcomeOf } from '../samples.ts'

const directory = join(t.testdir(), 'log')
createLog(directory, origin)
const journal = await openJournal({ directory, maxQueue: 1_000 })
const decisions = Array.from({ length: 53 }, () => decisionOf())
await Promise.all(decisions.flatMap(entry => [journal.append(entry), journal.append(outcomeOf(entry.id))]))
await journal.close()
const verifier = loadVerifier(directory)
const kindOf = (text: string): string => checkProof(text, verifier).kind

t.test('P5: every record can be proven with the public key alone', async t => {
  for (let sequence = 0; sequence < 106; sequence++) {
    const proof = proveRecord(directory, sequence)!
    const result = checkProof(proof, verifier)
    if (result.kind !== 'proven') return void t.fail(`${sequence}: ${result.kind}`)
    t.equal(JSON.parse(Buffer.from(result.record).toString()).sequence, sequence)
  }
  const { id } = decisions[20]!
  const result = checkProof(proveRecord(directory, id)!, verifier)
  t.match(result.kind === 'proven' && JSON.parse(Buffer.from(result.record).toString()), { kind: 'decision', id })
  t.equal(proveRecord(directory, 106), null)
  t.equal(proveRecord(directory, 'none'), null)
})

t.test('proof: has the form that C2SP publishes, with the hash of RFC 6962 in it', async t => {
  const text = proveRecord(directory, 7)!
  const lines = text.split('\n')
  t.equal(lines[0], 'c2sp.org/tlog-proof@v1')
  t.match(lines[1], /^extra [A-Za-z0-9+/=]+$/)
  t.equal(lines[2], 'index 7')
  const blank = lines.indexOf('')
  const hashes = lines.slice(3, blank).map(line => Buffer.from(line, 'base64'))
  const opened = openCheckpoint(lines.slice(blank + 1).join('\n'), verifier)
  t.equal(opened.kind, 'verified')
  if (opened.kind !== 'verified') return
  const { size, root } = opened.checkpoint
  const leaf = leafHash(Buffer.from(lines[1]!.slice('extra '.length), 'base64'))
  t.ok(verifyInclusion({ index: 7, size, leaf, proof: hashes, root }))
  t.same(formatProof(parseProof(text)!), text)
})

t.test('P5: a proof that is slightly wrong proves nothing', async t => {
  const text = proveRecord(directory, 7)!
  const proof = parseProof(text)!
  const record = Buffer.from(proof.record!)
  const of = (change: Partial<typeof proof>): string => formatProof({ ...proof, ...change })
  t.equal(kindOf(of({ index: 8 })), 'false-proof', 'another index')
  t.equal(kindOf(of({ index: 1_000 })), 'false-proof', 'an index beyond the end')
  t.equal(kindOf(of({ hashes: proof.hashes.slice(1) })), 'false-proof', 'a hash less')
  t.equal(kindOf(of({ hashes: [...proof.hashes, leafHash(record)] })), 'false-proof', 'a hash more')
  t.equal(kindOf(of({ record: Buffer.from(record.toString().replace('relayed', 'failed')) })), 'false-proof')
  t.equal(kindOf(of({ record: null })), 'no-record')
  t.equal(checkProof(of({ record: null }), verifier, record).kind, 'proven', 'with the record from elsewhere')
  t.equal(checkProof(text, verifier, Buffer.from('{}')).kind, 'false-proof', 'two records that differ')
  t.equal(kindOf(text.replace(/^106$/m, '105')), 'forged', 'another size')
  const other = { name: 'sluice.other/log', key: loadSigner(directory).key }
  const note = signCheckpoint({ origin: other.name, size: 106, root: Buffer.alloc(32) }, other)
  t.equal(kindOf(of({ checkpoint: note })), 'unsigned', 'the checkpoint of another log')
  for (const spoiled of [
    '',
    text.replace('@v1', '@v2'),
    text.replace('index 7', 'index 07'),
    text.replace('index 7', 'index -7'),
    text.replace('index 7', 'index 99999999999999999'),
    text.replace('\nindex', '\n\nindex'),
    text.replace('extra ', 'extra  '),
    text.replace('\n\n', '\n'),
    text.replace(/=\n/, '\n'),
    of({ hashes: Array.from({ length: 54 }, () => leafHash(record)) }),
  ])
    t.equal(kindOf(spoiled), 'malformed')
})

t.test('P5: log verify-proof: 0 for a proof, 10 for a false one, 11 for what cannot be judged', async t => {
  const folder = t.testdir({
    good: proveRecord(directory, 7)!,
    bad: proveRecord(directory, 7)!.replace('index 7', 'index 9'),
    none: 'no proof',
  })
  const { verifierKey } = logFiles(directory)
  const run = (file: string, key = verifierKey, ...more: string[]) =>
    sluice(['log', 'verify-proof', join(folder, file), '--key', key, ...more])
  const proven = await run('good', readFileSync(verifierKey, 'utf8'), '--json')
  t.equal(proven.code, 0, proven.stderr)
  t.match(JSON.parse(proven.stdout), { kind: 'proven', origin, index: 7, size: 106, record: { kind: 'outcome' } })
  t.match((await run('good')).stdout, `proven: record 7 is one of the first 106 records of ${origin}\n`)
  t.equal((await run('bad')).code, 10)
  t.equal((await run('none')).code, 11)
  t.equal((await run('good', 'no key')).code, 1)
})
