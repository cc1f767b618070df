import t from 'tap'
import { decodeHeld, encodeHeld, withoutCredentials, type HeldPayload } from '../../../proxy/review/held-payload.ts'

const payload: HeldPayload = {
  client: '10.77.1.20',
  instrument: 'novaseq-01',
  destination: 'vendor.test:443',
  head: { method: 'POST', target: '/x?a=b', version: '1.1', fields: [['Content-Type', 'application/json']] },
  content: Buffer.from([0x0a, 0, 0xff, 0x7b, 0x0a]),
}

t.test('held payload: what was written is read again, with any octets in the content', async t => {
  const { content, ...rest } = decodeHeld(encodeHeld(payload))
  t.ok(Buffer.from(content).equals(payload.content))
  t.same(rest, {
    client: payload.client,
    instrument: payload.instrument,
    destination: payload.destination,
    head: payload.head,
  })
  t.equal(decodeHeld(encodeHeld({ ...payload, content: new Uint8Array() })).content.length, 0)
})

t.test('held payload: another version is refused, without a word of what it holds', async t => {
  const other = Buffer.concat([Buffer.from('{"v":2,"client":"made-up-secret"}\n'), payload.content])
  t.throws(() => decodeHeld(other), { message: /^(?!.*made-up-secret).*another version/ })
})

t.test('P4: a header field is kept only when it is known to be no credential', async t => {
  const names = ['Host', 'Content-Type', 'CONTENT-ENCODING', 'Authorization', 'Cookie', 'X-Api-Key', 'X-Model', 'X-New']
  const kept = withoutCredentials(
    names.map(name => [name, 'x'] as const),
    new Set(['x-model']),
  )
  t.same(
    kept.map(([name]) => name),
    ['Host', 'Content-Type', 'CONTENT-ENCODING', 'X-Model'],
  )
})

t.test('P7: held payload: what cannot be read, refused without a piece of it', async t => {
  for (const text of ['Jane Doe, born 1980', '{"v":1,"Jane Doe"\nx', ''])
    t.throws(() => decodeHeld(Buffer.from(text)), { message: 'the held payload cannot be read' })
})
