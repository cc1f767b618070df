/** `open-ports.ts ADDRESS…` prints which of all TCP ports of each address take a connection: `ADDRESS: 8443` or `ADDRESS: none`. */
import { connect } from 'node:net'

const LAST_PORT = 65_535
const AT_ONCE = 2_000
const PATIENCE_MS = 1_000

const isOpen = (host: string, port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ host, port, timeout: PATIENCE_MS })
    const end = (open: boolean): void => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })

const scan = async (host: string): Promise<readonly number[]> => {
  const open: number[] = []
  let next = 1
  const work = async (): Promise<void> => {
    for (let port = next++; port <= LAST_PORT; port = next++) if (await isOpen(host, port)) open.push(port)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return open.toSorted((a, b) => a - b)
}

for (const host of process.argv.slice(2)) process.stdout.write(`${host}: ${(await scan(host)).join(' ') || 'none'}\n`)
