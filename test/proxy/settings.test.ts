import { join } from 'node:path'
import t from 'tap'
import { dataFolder } from '../../proxy/data-folder.ts'
import {
  defaultSettings,
  labLimits,
  parseListen,
  policyFile,
  readSettings,
  spoolKeyFile,
  writeSettings,
} from '../../proxy/settings.ts'

t.test('settings: an address to listen on is taken apart, or refused with its reason', async t => {
  t.same(parseListen('127.0.0.1:8443'), { address: '127.0.0.1', port: 8443 })
  t.same(parseListen('10.77.1.10:0'), { address: '10.77.1.10', port: 0 })
  t.same(parseListen('[fd00::1]:8443'), { address: 'fd00::1', port: 8443 })
  for (const text of [
    '',
    '8443',
    ':8443',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    'fd00::1:8443',
    'lab:8443',
    '0x7f.1:1',
  ])
    t.throws(() => parseListen(text), { code: 'ERR_LISTEN_ADDRESS' }, text)
  for (const text of ['0.0.0.0:1', '[::]:1']) t.throws(() => parseListen(text), { code: 'ERR_LISTEN_WILDCARD' }, text)
  for (const text of ['8.8.8.8:1', '[2606:4700::1]:1'])
    t.throws(() => parseListen(text), { code: 'ERR_LISTEN_PUBLIC' }, text)
})

t.test('settings: what is written is read again; what is left out has its default', async t => {
  const anchors = { every: '30m', folder: '/mnt/anchors' }
  const held = { keepFor: '12h', maxPayloads: 10, maxBytes: 1_000_000, whenFull: 'drop-payload' } as const
  const reviews = { people: 1, approvalExpires: '30m', releasesPerHour: 5, stopAfterFailures: 2 } as const
  const own = { listen: '[fd00::1]:8443', names: ['sluice.lab'], policy: '../policy.yaml' }
  const spool = { maxItems: 10, maxBytes: 1_000_000, keyFile: '/run/secrets/spool.key' }
  const metrics = { every: '1m', folder: '/mnt/metrics' }
  const url = 'https://policy.hospital.example/sluice/policy.bundle'
  const server = { ca: 'hospital-ca.pem', networks: ['10.20.0.0/16'] }
  const bundles = { key: 'policy.hospital.example.pub', required: true, url, every: '1h', server }
  const settings = { ...own, anchors, held, spool, reviews, bundles, metrics }
  const written = dataFolder(t.testdir({ 'appliance.yaml': writeSettings(settings) }))
  t.same(readSettings(written), settings)
  t.equal(policyFile(written, settings), join(written.root, '..', 'policy.yaml'))
  t.equal(spoolKeyFile(written, settings), '/run/secrets/spool.key')
  t.equal(spoolKeyFile(written, defaultSettings), join(written.root, 'spool.key'))
  t.same(readSettings(dataFolder(t.testdir({ 'appliance.yaml': '# nothing\n' }))), defaultSettings)
  const part = readSettings(dataFolder(t.testdir({ 'appliance.yaml': 'anchors: { folder: /mnt/anchors }' })))
  t.same(part.anchors, { every: '1h', folder: '/mnt/anchors' })
  t.same(part.held, { keepFor: '90d', maxPayloads: 100_000, maxBytes: 1024 ** 3, whenFull: 'refuse' })
  const alone = readSettings(dataFolder(t.testdir({ 'appliance.yaml': 'reviews: { people: 1 }' })))
  t.same(alone.reviews, { ...defaultSettings.reviews, people: 1 })
})

t.test('settings: limits of the lab side are given in seconds and octets, and kept in bounds', async t => {
  const limits = 'limits: { maxConnections: 64, headSeconds: 2.5, maxHeaderBytes: 8192, minBytesPerSecond: 0 }'
  const settings = readSettings(dataFolder(t.testdir({ 'appliance.yaml': limits })))
  t.same(labLimits(settings), { maxConnections: 64, head: 2_500, maxHeaderBytes: 8_192, minBytesPerSecond: 0 })
  t.same(labLimits(defaultSettings), {})
})

t.test('P8: settings that cannot be read or hold something unknown are refused', async t => {
  const refused = {
    'a: b: c': 'ERR_SETTINGS_UNREADABLE',
    '- 1': 'ERR_SETTINGS_INVALID',
    'listen: 8443': 'ERR_SETTINGS_INVALID',
    'anchors: { every: 5s }': 'ERR_SETTINGS_INVALID',
    'anchors: { evry: 5m }': 'ERR_SETTINGS_INVALID',
    'held: { whenFull: overwrite }': 'ERR_SETTINGS_INVALID',
    'held: { maxPayloads: 0 }': 'ERR_SETTINGS_INVALID',
    'held: { keepFor: forever }': 'ERR_SETTINGS_INVALID',
    'reviews: { people: 3 }': 'ERR_SETTINGS_INVALID',
    'reviews: { approvalExpires: 4 }': 'ERR_SETTINGS_INVALID',
    'lisen: 127.0.0.1:8443': 'ERR_SETTINGS_INVALID',
    'names: ["*"]': 'ERR_SETTINGS_INVALID',
    'policy: ""': 'ERR_SETTINGS_INVALID',
    'limits: { maxConnections: 0 }': 'ERR_SETTINGS_INVALID',
    'limits: { headSeconds: 0 }': 'ERR_SETTINGS_INVALID',
    'limits: { maxHeaderBytes: 1 }': 'ERR_SETTINGS_INVALID',
    'limits: { head: 5 }': 'ERR_SETTINGS_INVALID',
  }
  for (const [text, code] of Object.entries(refused))
    t.throws(() => readSettings(dataFolder(t.testdir({ 'appliance.yaml': text }))), { code }, text)
  t.throws(() => readSettings(dataFolder(t.testdir({}))), { code: 'ERR_SETTINGS_UNREADABLE' })
})
