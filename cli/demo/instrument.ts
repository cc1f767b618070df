import { readFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { Socket } from 'node:net'

/**
 * A stand-in for an instrument, run as a process of its own: posts standard input to a URL through an explicit proxy, as instrument
 * control software does, and prints the answer as a line of JSON. Arguments: proxy port, CA file, URL.
 */
const [port, caFile, text] = process.argv.slice(2)
const url = new URL(text!)
const body = readFileSync(0)

const tell = (answer: IncomingMessage, socket: Socket): void => {
  const chunks: Buffer[] = []
  answer.on('data', (chunk: Buffer) => chunks.push(chunk))
  answer.on('end', () => {
    process.stdout.write(`${JSON.stringify({ status: answer.statusCode, body: Buffer.concat(chunks).toString() })}\n`)
    socket.destroy()
  })
}

const post = (socket: Socket): void => {
  const headers = { 'content-type': 'application/json', 'content-length': body.length, 'user-agent': 'Instrument/1.0' }
  const options = { agent: false, ca: readFileSync(caFile!), servername: url.hostname, method: 'POST', headers }
  secureRequest(url, Object.assign(options, { socket }), answer => tell(answer, socket)).end(body)
}

request({ host: '127.0.0.1', port, method: 'CONNECT', path: url.host, headers: { host: url.host } })
  .on('connect', (answer, socket: Socket) => {
    if (answer.statusCode === 200) post(socket)
    else tell(answer, socket)
  })
  .end()
