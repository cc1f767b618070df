import t from 'tap'
import { judgeClock, type ClockFacts } from '../../../cli/doctor/clock.ts'
import { spellFinding } from '../../../cli/doctor/finding.ts'
import { judgeProcess, parseProcess, type ProcessFacts } from '../../../cli/doctor/process.ts'
import { vendorClocks } from '../../../proxy/upstream/vendor-clocks.ts'

const now = Date.parse('2026-11-24T08:00:00Z')
const clock = (more: Partial<ClockFacts>) =>
  judgeClock({ synchronized: null, vendors: [], newest: '2026-11-24T07:59:00.000Z', now, ...more })
const vendor = (ahead: number) => ({ host: 'vendor.test', time: '2026-11-24T07:00:00.000Z', ahead })

t.test('doctor: the clock, by the time server, the answers of vendors and the log', t => {
  t.match(clock({ synchronized: true }), { state: 'holds', seen: '2026-11-24T08:00:00Z, set by a time server' })
  t.match(clock({ synchronized: false }), { state: 'found', seen: /no time server/, hint: /timedatectl set-ntp/ })
  t.match(clock({}), { state: 'unproven' })
  t.match(clock({ vendors: [vendor(2)] }), { state: 'holds', seen: /as vendor\.test has it/ })
  t.match(clock({ vendors: [vendor(2), vendor(-3_600)], synchronized: true }), {
    state: 'found',
    seen: /3600 s behind that of vendor\.test/,
  })
  t.match(clock({ vendors: [vendor(90)] }), { state: 'found', seen: /90 s ahead of that/ })
  t.match(clock({ newest: '2026-11-24T09:00:00.000Z', synchronized: true }), { state: 'found', seen: /set back/ })
  t.match(clock({ newest: null, synchronized: true }), { state: 'holds' })
  t.end()
})

t.test('vendor clocks: the last date of each host counts, and what is no date says nothing', t => {
  const clocks = vendorClocks()
  clocks.note('a.test', 'Tue, 24 Nov 2026 07:59:30 GMT', now)
  clocks.note('a.test', 'ACGTACGTACGT', now)
  clocks.note('a.test', undefined, now)
  clocks.note('b.test', 'never', now)
  t.same(clocks.status(), [{ host: 'a.test', time: '2026-11-24T08:00:00.000Z', ahead: 30 }])
  t.end()
})

const status = (uid: number, caps: string, noNewPrivileges: number, seccomp: number): string =>
  `Name:\tnode\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nCapInh:\t0000000000000000\nCapEff:\t${caps}\nNoNewPrivs:\t${noNewPrivileges}\nSeccomp:\t${seccomp}\n`
const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft}                 524288               files     \n`
const mounts = (options: string): string =>
  `21 1 0:20 / / rw,relatime - ext4 /dev/vda rw\n22 21 0:21 / /proc rw - proc proc rw\n23 21 0:30 / / ${options},relatime - overlay overlay rw\n`

const hardened: ProcessFacts = {
  user: 1000,
  capabilities: 0n,
  noNewPrivileges: true,
  filtered: true,
  readOnlyRoot: true,
  openFiles: 4_096,
}

t.test('doctor: what the kernel says of the process is read from /proc', t => {
  const zero = '0000000000000000'
  t.same(parseProcess(status(1000, zero, 1, 2), limits('4096'), mounts('ro')), hardened)
  t.match(parseProcess(status(0, '000001ffffffffff', 0, 0), limits('unlimited'), mounts('rw')), {
    user: 0,
    capabilities: 0x1ffffffffffn,
    noNewPrivileges: false,
    filtered: false,
    readOnlyRoot: false,
    openFiles: Number.POSITIVE_INFINITY,
  })
  t.end()
})

t.test('doctor: root, capabilities and too few files are wrong; a missing wall is a warning', t => {
  const states = (more: Partial<ProcessFacts>): readonly string[] =>
    judgeProcess({ ...hardened, ...more }, 1_216).map(({ state }) => state)
  const sound = ['holds', 'holds', 'holds', 'holds']
  t.same(states({}), sound)
  t.same(states({ capabilities: 1n << 10n }), sound, 'port 443 may be bound')
  t.same(states({ user: 0 }), ['found', 'holds', 'holds', 'holds'])
  t.same(states({ capabilities: 1n << 21n }), ['holds', 'found', 'holds', 'holds'])
  t.same(states({ noNewPrivileges: false }), ['holds', 'warning', 'holds', 'holds'])
  t.same(states({ filtered: false, readOnlyRoot: false }), ['holds', 'warning', 'warning', 'holds'])
  t.same(states({ openFiles: 1_024 }), ['holds', 'holds', 'holds', 'found'])
  t.end()
})

t.test('doctor: a line has a mark of its own for each state, and below it what to do', t => {
  const lines = (['holds', 'warning', 'unproven', 'found'] as const).map(state =>
    spellFinding({ check: 'disk', state, seen: 'x', hint: state === 'holds' ? null : 'do y' }),
  )
  t.same(lines, ['✓ disk: x', '! disk: x\n  → do y', '? disk: not proven: x\n  → do y', '✗ disk: x\n  → do y'])
  t.end()
})
