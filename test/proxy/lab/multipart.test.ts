import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openLogReader } from '../../../log/reading/query.ts'
import { makeFolder, startInProcess } from '../../kit/appliance.ts'
import { isPresent, run } from '../../kit/client.ts'
import { curl } from '../../kit/curl.ts'
import { addresses } from '../../kit/test-policy.ts'
import { startVendor, vendorHost } from '../../kit/vendor.ts'

const skip = (await isPresent(curl)) ? false : 'this machine has no curl'

const policyTo = (port: number): string =>
  JSON.stringify({
    version: 1,
    instruments: [{ id: 'novaseq-01', address: addresses.known }],
    destinations: [{ id: 'vendor', host: vendorHost, port, addresses: ['127.0.0.1'], ca: 'vendor-ca.pem' }],
    routes: [
      {
        id: 'bundle',
        destination: 'vendor',
        method: 'POST',
        path: '/bundle',
        body: {
          kind: 'multipart',
          parts: {
            state: { required: true, body: { kind: 'text', schema: { enum: ['idle', 'running'] } } },
            log: {
              fileName: 'drop',
              body: {
                kind: 'log',
                onUnmatched: 'drop',
                templates: { calibrated: 'calibrated in {ms:integer(0..600000)}ms' },
              },
            },
          },
        },
      },
    ],
  })

t.test('P2: a form that curl sends leaves as it was inspected; lines left out are counted', { skip }, async t => {
  const vendor = await startVendor()
  t.teardown(() => vendor.close())
  const folder = await makeFolder(t, policyTo(vendor.port))
  const { appliance, port, caFile, decisions } = await startInProcess(t, folder)
  const file = join(t.testdir(), 'Jane.log')
  writeFileSync(file, 'calibrated in 7ms\nfree text\ncalibrated in 8ms\nmore of it\n')
  const post = (state: string) =>
    run(
      'curl',
      ['--silent', '--cacert', caFile, '--form', `state=${state}`, '--form', `log=@${file};type=text/plain`].concat(
        `https://127.0.0.1:${port}/bundle`,
      ),
      '',
    )
  t.match(await post('idle'), { code: 0, stdout: '{"accepted":true}' })
  const [request] = vendor.requests
  const boundary = '--sluice-00000000'
  t.match(Object.fromEntries(request!.fields), { 'content-type': 'multipart/form-data; boundary=sluice-00000000' })
  t.equal(
    request?.body.toString(),
    `${boundary}\r\nContent-Disposition: form-data; name="state"\r\n\r\nidle\r\n` +
      `${boundary}\r\nContent-Disposition: form-data; name="log"\r\nContent-Type: text/plain\r\n\r\n` +
      `calibrated in 7ms\ncalibrated in 8ms\n\r\n${boundary}--\r\n`,
  )
  t.match(await post('asleep'), { code: 0 })
  t.equal(vendor.requests.length, 1)
  const [forwarded, blocked] = decisions.all()
  t.match(blocked, { verdict: 'block', rule: 'enum', place: 'body /state/content' })

  t.equal(appliance.status().requests.linesDropped, 2)
  const reader = openLogReader(folder.log)
  t.teardown(() => reader.close())
  t.match(reader.show(forwarded!.id)[0]?.record, { verdict: 'forward', linesDropped: 2 })
  t.notMatch(reader.show(blocked!.id)[0]?.record, { linesDropped: Number })
})
