import { readFileSync, statSync } from 'node:fs'
import { Command, Option } from 'commander'
import { anchorsOf, openRotation } from '../../certs/rotation.ts'
import { CertError } from '../../certs/cert-error.ts'
import type { AuthorityRequest } from '../../proxy/authorities.ts'
import { changeAuthorityOf, type AuthorityChanged } from '../change-authority.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { actor } from '../review/held.ts'
import { json, line, table } from '../terminal/print.ts'

/** The authority that instruments have to trust, and its rotation in steps: new (or import), activate, retire. */
export const caCommand = (): Command =>
  new Command('ca')
    .description('the certificate that instruments have to trust, and its replacement in steps')
    .addCommand(exportCommand())
    .addCommand(
      stepCommand(
        'new',
        'make the next authority, for the hosts that the policy names now; the one in use goes on signing until "activate"',
        'let every instrument trust the new certificate too ("sluice certs ca export", or the page that the appliance shows), then run "sluice certs ca activate"',
      ),
    )
    .addCommand(importCommand())
    .addCommand(
      stepCommand(
        'activate',
        'let the next authority sign; instruments that trust only the one before go on working where that can vouch for it',
        'once every instrument trusts the new certificate (a cross certificate hides who does not), run "sluice certs ca retire"',
      ),
    )
    .addCommand(
      stepCommand(
        'retire',
        'give the authority before the one in use to nobody any more, and delete its private key',
        'remove its certificate from the trust stores of the instruments',
      ),
    )
    .addCommand(stepCommand('discard', 'drop the next authority, which has signed nothing yet', null))
    .addCommand(
      stepCommand(
        'renew',
        'replace the authority at once, without overlap, as when its key is no longer secret',
        'install the new certificate on every instrument ("sluice certs ca export"): until then it cannot get through',
      ),
    )

type Which = 'current' | 'next' | 'previous' | 'all'
type ExportOptions = CommonOptions & { readonly format: 'pem' | 'der'; readonly which?: Which }

const exportCommand = (): Command =>
  new Command('export')
    .description('write the CA certificate to standard output; during a rotation all that are to be trusted')
    .addOption(
      new Option('--format <format>', 'PEM for Linux and Java, DER for Windows').choices(['pem', 'der']).default('pem'),
    )
    .addOption(
      new Option('--which <which>', 'during a rotation, one of them; DER holds one, by default the current').choices([
        'current',
        'next',
        'previous',
        'all',
      ]),
    )
    .addHelpText(
      'after',
      examples(
        'sluice certs ca export > sluice-ca.pem',
        'sluice certs ca export --format der > sluice-ca.cer',
        'sluice certs ca export --which next > sluice-ca-next.pem',
      ),
    )
    .action((options: ExportOptions) => {
      const { format, which = format === 'der' ? 'current' : 'all' } = options
      const anchors = anchorsOf(openRotation(readyFolder(options).authority))
      const chosen = anchors.filter(({ role }) => which === 'all' || role === which)
      if (chosen.length === 0)
        throw new Failure(`there is no ${which} authority`, 'see "sluice certs list"', exitCodes.notFound)
      if (format === 'der' && chosen.length > 1)
        throw new Failure('DER holds one certificate', 'name one with --which', exitCodes.usage)
      for (const { pem, der } of chosen) process.stdout.write(format === 'der' ? der : pem)
    })

type Step = Exclude<AuthorityRequest['action'], 'import'>

const stepCommand = (action: Step, description: string, next: string | null): Command =>
  new Command(action)
    .description(description)
    .addHelpText('after', examples(`sluice certs ca ${action}`))
    .action(async (options: CommonOptions) => {
      const changed = await changeAuthorityOf(readyFolder(options), { action, actor: actor() })
      report(changed, next, options)
    })

const report = ({ anchors, isRunning }: AuthorityChanged, next: string | null, options: CommonOptions): void => {
  if (options.json) return json({ trustAnchors: anchors, isRunning })
  table(
    ['authority', 'name', 'ends', 'SHA-256'],
    anchors.map(({ role, name, notAfter, fingerprint }) => [role, name, notAfter, fingerprint]),
  )
  line(
    isRunning
      ? 'in effect now, and recorded'
      : 'no appliance is running: it takes effect, and is recorded, at the next start',
  )
  if (next !== null) line(`next: ${next}`)
}

type ImportOptions = CommonOptions & { readonly chain: string; readonly key: string }

const importCommand = (): Command =>
  new Command('import')
    .description("take an intermediate of the lab's own authority, with its key, as the next authority")
    .requiredOption('--chain <file>', 'PEM: the certificate of the key, then each issuer, the root last')
    .requiredOption('--key <file>', 'private key in PEM without a passphrase; readable by its owner only')
    .addHelpText('after', examples('sluice certs ca import --chain lab-tls-chain.pem --key lab-tls.key'))
    .action(async (options: ImportOptions) => {
      if ((statSync(options.key).mode & 0o077) !== 0)
        throw new CertError('ERR_CA_KEY_EXPOSED', `${options.key} is open to other users`)
      const files = { chain: readFileSync(options.chain, 'utf8'), key: readFileSync(options.key, 'utf8') }
      const changed = await changeAuthorityOf(readyFolder(options), { action: 'import', actor: actor(), ...files })
      const next = `let every instrument trust the root, then run "sluice certs ca activate", and delete ${options.key}`
      report(changed, next, options)
    })
