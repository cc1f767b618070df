import { run, type Client, type Job, type Reply } from './client.ts'
import type { Reachable } from './appliance.ts'
import { vendorHost } from './vendor.ts'

const wayArguments = ({ way, path }: Job, port: number, vendorPort: number): readonly string[] => {
  switch (way) {
    case 'connect':
      return ['--proxy', `http://127.0.0.1:${port}`, `https://${vendorHost}:${vendorPort}${path}`]
    case 'gateway':
      return [`https://127.0.0.1:${port}${path}`]
    case 'redirect':
      return ['--connect-to', `${vendorHost}:443:127.0.0.1:${port}`, `https://${vendorHost}${path}`]
  }
}

const sendOne = async ({ port, caFile }: Reachable, vendorPort: number, job: Job): Promise<Reply> => {
  const fields = Object.entries(job.fields).flatMap(([name, value]) => ['--header', `${name}: ${value}`])
  const body = job.body === null ? [] : ['--data-binary', '@-']
  const common = [
    '--silent',
    '--show-error',
    '--cacert',
    caFile,
    '--write-out',
    '\n%{http_code}',
    '--request',
    job.method,
  ]
  const args = [...common, ...fields, ...body, ...wayArguments(job, port, vendorPort)]
  const { code, stdout, stderr } = await run('curl', args, job.body ?? '')
  if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`)
  const end = stdout.lastIndexOf('\n')
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) }
}

export const curl: Client = {
  name: 'curl',
  probe: ['curl', '--version'],
  send: async (appliance, vendorPort, jobs) => {
    const done: Reply[] = []
    for (const job of jobs) done.push(await sendOne(appliance, vendorPort, job))
    return done
  },
}
