import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { logFiles } from '../../../log/log-files.ts'
import { busyLog } from '../../kit/busy-appliance.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../docs/audit-guide.md'), 'utf8')
const hasShell = spawnSync('sqlite3', ['-version']).status === 0

/** The query under each question of the guide. */
const questions = Object.fromEntries(
  [...guide.matchAll(/^### ([^\n]+\?)\n[^#]*?```sql\n(.*?)```/gms)].map(([, question = '', sql = '']) => [
    question,
    sql,
  ]),
)

t.test(
  'audit guide: fourteen questions, answered by the sqlite3 shell',
  { skip: !hasShell && 'no sqlite3 here' },
  async t => {
    const log = await busyLog(t)
    const { vendor, dead, ids } = log
    const { database } = logFiles(log.folder.log)
    const answer = (sql: string): object[] => {
      const printed = execFileSync('sqlite3', ['-readonly', '-json', database, sql], { encoding: 'utf8' })
      for (const canary of log.canaries) t.notOk(printed.includes(canary), `no ${canary}`)
      return printed === '' ? [] : (JSON.parse(printed) as object[])
    }
    const expected: Readonly<Record<string, readonly object[]>> = {
      'What was stopped, and why?': [
        { reason: 'sensitive-content', requests: 4 },
        { reason: 'instrument-unknown', requests: 1 },
        { reason: 'path-not-allowed', requests: 1 },
        { reason: 'schema-violation', requests: 1 },
      ],
      'What left, to whom, and how much?': [
        { destination: vendor, route: 'serial', requests: 5, octets: 83 },
        { destination: vendor, route: 'others', requests: 1, octets: 20 },
      ],
      'What left uninspected?': [],
      'What was let out but did not arrive?': [
        { instrument: 'novaseq-01', destination: dead, result: 'failed', error: 'connection_refused' },
      ],
      'What was accepted to be sent later, and how often was it sent?': [],
      'Which kind of sensitive content was found, on which instrument, in which field?': [
        { instrument: 'novaseq-01', detector: 'nucleotide-run', field: 'body /lanes/0/note', times: 2 },
        { instrument: 'novaseq-01', detector: 'email', field: 'body /note', times: 1 },
        { instrument: 'other', category: 'identity', detector: 'email', field: 'body /note', times: 1 },
        { instrument: 'other', category: 'sequence', detector: 'nucleotide-run', times: 1 },
      ],
      'What left though a detector had found something, and by which exception of the policy?': [
        {
          exception: 'kit-names',
          detector: 'person-name',
          route: 'serial',
          instrument: 'novaseq-01',
          field: 'body /note',
        },
      ],
      'Was anything decided under a policy that had not come into force?': [],
      'Who changed the policy, and how many decisions were made under each?': [
        { number: 1, cause: 'start', actor: 'sluice', until: /^2/, decisions: 14 },
        { number: 2, cause: 'activate', actor: 'ada', until: null, decisions: 0 },
      ],
      'Who looked at blocked payloads, and was any sent again?': [
        { actor: 'os:ada', action: 'show', decision: ids.withRead, instrument: 'novaseq-01', sent_again: null },
        {
          actor: 'os:ada',
          action: 'blocked',
          decision: ids.withRead,
          reason: 'sensitive-content',
          sent_again: 'block',
        },
      ],
      'Who released what, and who had approved it?': [],
      'Who called that the policy does not know?': [{ client: '127.0.0.3', ingress: 'gateway', requests: 1 }],
      'Which policy bundles did the appliance ask for by itself, and what came of it?': [],
      'When was the appliance not running, or not able to write its log?': [{ kind: 'stop', until: null, refused: 0 }],
    }
    t.strictSame(Object.keys(questions), Object.keys(expected), 'the questions of the guide')
    for (const [question, rows] of Object.entries(expected)) {
      const found = answer(questions[question] ?? '')
      t.equal(found.length, rows.length, question)
      t.match(found, rows, question)
    }
  },
)
