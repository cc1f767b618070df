import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { packsFolder } from '../../proxy/policy/policy-file.ts'
import { sluice } from '../kit/sluice.ts'

const pack = join(packsFolder, 'illumina-proactive')
const policy = readFileSync(join(pack, 'policy.yaml'), 'utf8')
const blocked = (file: string): string => readFileSync(join(pack, 'samples', 'blocked', file), 'utf8')

const cases = `version: 1
cases:
  - name: a run that is under way
    route: run-status
    json: { category: run-status, runId: 230912_A00187_1009_AHK33MDRX3, currentCycle: 88 }
    expect: allow
  - name: a field that nobody knows
    route: run-performance
    file: unknown-field.json
    expect: block
    reason: schema-violation
    pointer: /lanes/0/clusterColour
  - name: a read in a version
    route: instrument-configuration
    file: fastq-in-version.json
    expect: block
    reason: sensitive-content
    detector: fastq
  - name: not JSON
    route: run-status
    text: '{'
    expect: block
    reason: json-malformed
  - name: another content type
    route: run-status
    json: {}
    headers: { content-type: text/plain }
    expect: block
    reason: content-type-not-allowed
`

const lab = (t: Test, text: string): string[] => {
  const folder = t.testdir({
    'policy.yaml': policy,
    'cases.yaml': text,
    'unknown-field.json': blocked('unknown-field.json'),
    'fastq-in-version.json': blocked('fastq-in-version.json'),
  })
  return ['rules', 'test', '--policy', join(folder, 'policy.yaml')]
}

t.test('rules test: the cases beside the policy, all as expected, exit code 0 and what they cover', async t => {
  const { code, stdout } = await sluice(lab(t, cases))
  t.equal(code, 0)
  t.match(stdout, /^result\tcase\troute\texpected\tgot\treason\tdifference\npass\ta run that is under way\t/)
  t.match(
    stdout,
    /\n5 passed, 0 failed\ncovered routes: 1 of 5 \(20 %\)\ncovered schema [^\n]*\ncovered detectors: [1-9]/,
  )
})

t.test('rules test: a case that fails, exit code 8, and in what it differs, in each format', async t => {
  const wrong = cases
    .replace('/clusterColour', '/clusterColor')
    .replace('detector: fastq', 'detector: iban')
    .replace('currentCycle: 88', 'currentCycle: 8888')
    .replace('a run that is', '"a <run> & # that is')
    .replace('under way', 'under way"')
  const args = lab(t, wrong)
  const tap = await sluice([...args, '--format', 'tap'])
  t.equal(tap.code, 8)
  t.match(tap.stdout, /^TAP version 14\n1\.\.5\nnot ok 1 - run-status: a <run> & \\# that is under way\n {2}---\n/)
  t.match(tap.stdout, /expected allow, got block: schema-violation at \/currentCycle/)
  t.match(tap.stdout, /not ok 2 [^]*expected pointer \/lanes\/0\/clusterColor, got \/lanes\/0\/#\d+/)
  t.match(tap.stdout, /not ok 3 [^]*expected detector iban, got [^"]*fastq/)
  const junit = await sluice([...args, '--format', 'junit'])
  t.match(
    junit.stdout,
    /tests="5" failures="3">\n {2}<testcase classname="run-status" name="a &lt;run&gt; &amp; # that/,
  )
  const { failed, results, coverage } = JSON.parse((await sluice([...args, '--json'])).stdout) as Record<string, never>
  t.match({ failed, results }, { failed: 3, results: [{ got: 'block', differences: [String] }] })
  t.match(coverage, { routes: { total: 5, missed: ['instrument-performance'] } })
})

t.test('rules test: cases that are not in order, exit code 2 with file, line and key of each mistake', async t => {
  const wrong = cases
    .replace('expect: allow', 'expect: alow')
    .replace('reason: json-malformed', 'raeson: json-malformed')
  const schema = await sluice(lab(t, wrong))
  t.equal(schema.code, 2)
  t.match(schema.stderr, /cases\.yaml:6:5 cases\[0\]\.expect: must be one of allow, block\n/)
  t.match(schema.stderr, /cases\.yaml:23:5 cases\[3\]\.raeson: unknown key\n/)
  const meaning = cases
    .replace('detector: fastq', 'detector: fasta2\n    exception: nobody')
    .replace('name: not JSON', 'name: a read in a version')
    .replace('route: run-status', 'route: run-state')
    .replace("text: '{'", "text: '{'\n    file: x.json")
  const semantic = await sluice(lab(t, meaning))
  t.equal(semantic.code, 2)
  for (const message of [
    /cases\[0\]\.route: the policy has no such route/,
    /cases\[2\]\.detector: there is no such detector/,
    /cases\[2\]\.exception: the policy has no such exception/,
    /cases\[3\]\.name: stands here a second time/,
    /cases\[3\]\.text: a case has one payload/,
  ])
    t.match(semantic.stderr, message)
  t.equal((await sluice(lab(t, 'version: 1\ncases: [\n'))).code, 2)
})

t.test('rules test: no cases, exit code 3; a payload that is missing, 2; a policy with a mistake, 1', async t => {
  const args = lab(t, cases.replace('file: unknown-field.json', 'file: nowhere.json'))
  t.equal((await sluice(args)).code, 2)
  t.equal((await sluice([...args, join(t.testdirName, 'other.yaml')])).code, 3)
  writeFileSync(join(t.testdirName, 'policy.yaml'), policy.replace('method: POST', 'metod: POST'))
  t.equal((await sluice(args)).code, 1)
})
