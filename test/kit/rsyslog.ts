import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificate, type Made } from '../certs/made-certificate.ts'
import { until } from './until.ts'

/** A real syslog server that takes syslog over TLS from clients with a certificate, and writes what it understood to a file. */
export type Rsyslog = {
  readonly port: number
  /** What it wrote so far: priority, sender, name of the log, kind, structured data, time and text of each message. */
  readonly received: () => readonly (readonly string[])[]
  /** Lets it write out what it has, and ends it. */
  readonly stop: () => Promise<unknown>
}

export const hasRsyslog =
  spawnSync('rsyslogd', ['-v']).status === 0 && globSync('/usr/lib/{,*/}rsyslog/lmnsd_gtls.so').length > 0

export const syslogAuthority: Made = makeCertificate({ ca: true, commonName: 'SIEM root' })

const separator = '@@@'

const properties = [
  'pri',
  'hostname',
  'app-name',
  'procid',
  'msgid',
  'structured-data',
  'timereported:::date-rfc3339',
  'msg',
]

/** @param port - 0 for any, and then it is up when this resolves; with another one it is about to come up */
export const startRsyslog = async (folder: string, port = 0): Promise<Rsyslog> => {
  const file = (name: string): string => join(folder, name)
  const { keyPem, pem } = makeCertificate({ dns: ['localhost'] }, syslogAuthority)
  writeFileSync(file('server.pem'), pem)
  writeFileSync(file('server.key'), keyPem)
  writeFileSync(file('ca.pem'), syslogAuthority.pem)
  writeFileSync(
    file('rsyslog.conf'),
    `global(workDirectory="${folder}" maxMessageSize="64k" DefaultNetstreamDriver="gtls"
      DefaultNetstreamDriverCAFile="${file('ca.pem')}"
      DefaultNetstreamDriverCertFile="${file('server.pem')}" DefaultNetstreamDriverKeyFile="${file('server.key')}")
    module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/certvalid")
    template(name="all" type="string" string="${properties.map(name => `%${name}%`).join(separator)}\\n")
    input(type="imtcp" address="127.0.0.1" port="${port}" listenPortFileName="${file('port')}")
    action(type="omfile" file="${file('received')}" template="all")\n`,
  )
  rmSync(file('port'), { force: true })
  const child = spawn('rsyslogd', ['-n', '-f', file('rsyslog.conf'), '-i', file('pid')], { stdio: 'ignore' })
  const ended = once(child, 'close')
  if (port === 0) await until(() => existsSync(file('port')) && readFileSync(file('port'), 'utf8') !== '')
  return {
    port: port === 0 ? Number(readFileSync(file('port'), 'utf8')) : port,
    received: () =>
      existsSync(file('received'))
        ? readFileSync(file('received'), 'utf8')
            .split('\n')
            .filter(Boolean)
            .map(line => line.split(separator))
        : [],
    stop: async () => {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}
