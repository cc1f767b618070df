import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { connect } from 'node:tls'
import t from 'tap'
import { readClientHello } from '../../../rules/splice/client-hello.ts'
import { clientHelloOf } from '../../kit/client-hello-of.ts'

const hello = clientHelloOf('A.Vendor.test')

const edited = (at: number, octet: number): Buffer => {
  const bytes = Buffer.from(hello)
  bytes[at] = octet
  return bytes
}

t.test('client hello: what OpenSSL sends is read', async t => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const client = connect({
      host: '127.0.0.1',
      port,
      servername: 'a.vendor.test',
      minVersion: version,
      maxVersion: version,
    })
    client.on('error', () => undefined)
    const [socket] = (await once(server, 'connection')) as [Socket]
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    t.same(readClientHello(bytes), { kind: 'hello', serverName: 'a.vendor.test' }, version)
    client.destroy()
    socket.destroy()
    server.close()
  }
})

t.test('client hello: a name is told in lower case, and its absence as well', async t => {
  t.same(readClientHello(hello), { kind: 'hello', serverName: 'a.vendor.test' })
  t.same(readClientHello(clientHelloOf(null)), { kind: 'hello', serverName: null })
})

t.test('client hello: each beginning of one asks for more', async t => {
  for (let size = 0; size < hello.length; size++)
    if (readClientHello(hello.subarray(0, size)).kind !== 'more') t.fail(`${size} octets`)
  t.pass()
})

t.test('client hello: what readers could differ on is none', async t => {
  const none = {
    'no handshake': edited(0, 0x17),
    'SSL 2 or another protocol': edited(1, 2),
    'another version of the record': edited(2, 9),
    'another message': edited(5, 2),
    'a message longer than its record': edited(8, hello[8]! + 1),
    'a message shorter than its record': edited(8, hello[8]! - 1),
    'an encrypted name': clientHelloOf('a.test', [0xfe0d, Buffer.alloc(8)]),
    'an extension twice': clientHelloOf('a.test', [43, Buffer.from([2, 3, 4])]),
    'two lists of names': clientHelloOf('a.test', [0, Buffer.alloc(0)]),
    'a name that is none': clientHelloOf('a test'),
    'a name with a NUL': clientHelloOf('a.test\0.evil.test'),
    'a name with a final dot': clientHelloOf('a.test.'),
    HTTP: Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    'a record too long': Buffer.from([0x16, 3, 1, 0x40, 1, 1]),
  }
  for (const [name, bytes] of Object.entries(none)) t.same(readClientHello(bytes), { kind: 'none' }, name)
})
