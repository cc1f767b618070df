import { Command } from 'commander'
import { openAuthority, type Authority } from '../../certs/authority.ts'
import { anchorsOf, openRotation, type PublishedAnchor } from '../../certs/rotation.ts'
import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'
import { callControl } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { json, table } from '../terminal/print.ts'
import { caCommand } from './certs-ca.ts'
import { instrumentCommand } from './certs-instrument.ts'

export const certsCommand = (): Command =>
  new Command('certs')
    .description("the lab's certificate authority, and what it issues")
    .addCommand(caCommand())
    .addCommand(instrumentCommand())
    .addCommand(listCommand())

const listCommand = (): Command =>
  new Command('list')
    .description('list the authority, and the certificates that a running appliance has made for its instruments')
    .addHelpText('after', examples('sluice certs list'))
    .action(async (options: CommonOptions) => {
      const folder = readyFolder(options)
      const anchors = anchorsOf(openRotation(folder.authority))
      const rows = [
        authorityRow(openAuthority(folder.authority)),
        ...anchors.map(anchorRow),
        ...(await leafRows(folder)),
      ]
      if (options.json) return rows.forEach(json)
      const cells = rows.map(({ kind, names, notAfter, fingerprint }) => [kind, names.join(' '), notAfter, fingerprint])
      table(['kind', 'names', 'ends', 'SHA-256'], cells)
    })

type CertificateRow = ApplianceStatus['leaves'][number] & {
  readonly kind: 'authority' | 'leaf' | `trust-${PublishedAnchor['role']}`
}

/** `names`: what the authority may vouch for; none where its limits are others than named hosts. */
const authorityRow = ({ permitted, notAfter, fingerprint256 }: Authority): CertificateRow => ({
  kind: 'authority',
  names: permitted ? [...permitted.dns, ...permitted.addresses] : [],
  notAfter: notAfter.toISOString(),
  fingerprint: fingerprint256,
})

/** What instruments are to trust. */
const anchorRow = ({ role, name, notAfter, fingerprint256 }: PublishedAnchor): CertificateRow => ({
  kind: `trust-${role}`,
  names: [name],
  notAfter: notAfter.toISOString(),
  fingerprint: fingerprint256,
})

const leafRows = async (folder: DataFolder): Promise<readonly CertificateRow[]> => {
  try {
    const { document } = await callControl(folder.control, 'GET /status')
    return (document as ApplianceStatus).leaves.map(leaf => ({ kind: 'leaf', ...leaf }))
  } catch {
    return [] // an appliance that is not running has none
  }
}
