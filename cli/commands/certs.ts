import { Command, Option } from 'commander'
import { openAuthority, renewAuthority, type Authority } from '../../certs/authority.ts'
import type { ApplianceStatus } from '../../proxy/control-handlers.ts'
import { callControl } from '../../proxy/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { loadPolicy } from '../../proxy/policy-file.ts'
import { permittedNames } from '../../proxy/set-up.ts'
import { policyFile, readSettings } from '../../proxy/settings.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../examples.ts'
import { json, line, table } from '../print.ts'
import { instrumentCommand } from './certs-instrument.ts'

export const certsCommand = (): Command =>
  new Command('certs')
    .description("the lab's certificate authority, and what it issues")
    .addCommand(
      new Command('ca')
        .description('the certificate that instruments have to trust')
        .addCommand(exportCommand())
        .addCommand(renewCommand()),
    )
    .addCommand(instrumentCommand())
    .addCommand(listCommand())

type ExportOptions = CommonOptions & { readonly format: 'pem' | 'der' }

const exportCommand = (): Command =>
  new Command('export')
    .description('write the CA certificate to standard output')
    .addOption(
      new Option('--format <format>', 'PEM for Linux and Java, DER for Windows').choices(['pem', 'der']).default('pem'),
    )
    .addHelpText(
      'after',
      examples('sluice certs ca export > sluice-ca.pem', 'sluice certs ca export --format der > sluice-ca.cer'),
    )
    .action((options: ExportOptions) => {
      const authority = openAuthority(readyFolder(options).authority)
      process.stdout.write(options.format === 'der' ? authority.certificateDer : authority.certificatePem)
    })

const renewCommand = (): Command =>
  new Command('renew')
    .description('make a new authority for the hosts that the policy names now; the old one is kept under a dated name')
    .addHelpText('after', examples('sluice certs ca renew'))
    .action(async (options: CommonOptions) => {
      const folder = readyFolder(options)
      const settings = readSettings(folder)
      const permitted = permittedNames(settings, loadPolicy(policyFile(folder, settings)))
      const authority = await renewAuthority(folder.authority, permitted)
      if (options.json) return json({ fingerprint256: authority.fingerprint256, permitted: authority.permitted })
      line(`new authority, SHA-256 ${authority.fingerprint256}`)
      line(
        'next: restart the appliance, then install the new certificate on every instrument ("sluice certs ca export")',
      )
    })

const listCommand = (): Command =>
  new Command('list')
    .description('list the authority, and the certificates that a running appliance has made for its instruments')
    .addHelpText('after', examples('sluice certs list'))
    .action(async (options: CommonOptions) => {
      const folder = readyFolder(options)
      const rows = [authorityRow(openAuthority(folder.authority)), ...(await leafRows(folder))]
      if (options.json) return rows.forEach(json)
      const cells = rows.map(({ kind, names, notAfter, fingerprint }) => [kind, names.join(' '), notAfter, fingerprint])
      table(['kind', 'names', 'ends', 'SHA-256'], cells)
    })

type CertificateRow = ApplianceStatus['leaves'][number] & { readonly kind: 'authority' | 'leaf' }

/** `names`: what the authority may vouch for. */
const authorityRow = ({ permitted, notAfter, fingerprint256 }: Authority): CertificateRow => ({
  kind: 'authority',
  names: [...permitted.dns, ...permitted.addresses],
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
