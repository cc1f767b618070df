import { createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { openAuthority } from '../../certs/authority.ts'
import { spkiPin } from '../../certs/spki-pin.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { json, line } from '../terminal/print.ts'

/** Client certificates: an instrument that shows one is known by its key, wherever it calls from. */
export const instrumentCommand = (): Command =>
  new Command('instrument')
    .description('certificates by which an instrument proves which one it is (mutual TLS)')
    .addCommand(issueCommand())
    .addCommand(pinCommand())

type IssueOptions = CommonOptions & {
  readonly out: string
  readonly publicKey?: string
  readonly days: number
}

const issueCommand = (): Command =>
  new Command('issue')
    .description("issue a client certificate for an instrument, signed by the lab's authority")
    .argument('<id>', 'id of the instrument in the policy')
    .option('--out <folder>', 'folder for <id>.pem and <id>.key, which must not exist', '.')
    .option('--public-key <file>', 'PEM of a public key whose private key stays on the instrument; no key is written')
    .option('--days <n>', 'how long it is valid: 1 to 825', readDays, 365)
    .addHelpText(
      'after',
      examples(
        'sluice certs instrument issue novaseq-a --out /media/usb',
        'sluice certs instrument issue novaseq-a --public-key novaseq-a.pub.pem --days 90',
      ),
    )
    .action((id: string, options: IssueOptions) => {
      if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(id))
        throw new Failure(
          `"${id}" cannot be the id of an instrument`,
          'use lower-case letters, digits and hyphens',
          exitCodes.usage,
        )
      const authority = openAuthority(readyFolder(options).authority)
      const certificateFile = join(options.out, `${id}.pem`)
      const keyFile = options.publicKey === undefined ? join(options.out, `${id}.key`) : null
      for (const file of [certificateFile, keyFile])
        if (file !== null && existsSync(file))
          throw new Failure(`${file} exists`, 'move it away, or name another --out')
      const key = options.publicKey === undefined ? newKey(keyFile!) : readPublicKey(options.publicKey)
      const { certificatePem, pin, notAfter } = authority.issueClient(id, key, { days: options.days })
      writeFileSync(certificateFile, certificatePem, { flag: 'wx', mode: 0o644 })
      if (options.json) return json({ instrument: id, certificate: pin, notAfter, certificateFile, keyFile })
      line(`written: ${certificateFile}${keyFile === null ? '' : `, and its private key ${keyFile}`}`)
      line(`valid until ${notAfter.toISOString().slice(0, 10)}`)
      line(`next: give the instrument "certificate: ${pin}" in the policy, and activate it ("sluice rules activate")`)
      if (keyFile !== null) line(`then install both files on the instrument, and delete ${keyFile} here`)
    })

/** Makes a key pair and writes the private key, readable by its owner alone. */
const newKey = (file: string): KeyObject => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { flag: 'wx', mode: 0o600 })
  return publicKey
}

const readPublicKey = (file: string): KeyObject => {
  const pem = readFileSync(file, 'utf8')
  // createPublicKey would also take a private key, which has no business to be here.
  const key = pem.includes('-----BEGIN PUBLIC KEY-----') ? parsePublicKey(pem) : null
  if (key && (key.asymmetricKeyType === 'ec' || (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048)) return key
  throw new Failure(
    `${file} does not hold a public key that TLS can use`,
    'give the PEM (BEGIN PUBLIC KEY) of an ECDSA key, or of an RSA key of 2048 bits or more',
  )
}

const parsePublicKey = (pem: string): KeyObject | null => {
  try {
    return createPublicKey(pem)
  } catch {
    return null
  }
}

const readDays = (text: string): number => {
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= 825) return days
  throw new Failure('--days takes a number from 1 to 825', 'leave it out for 365', exitCodes.usage)
}

const pinCommand = (): Command =>
  new Command('pin')
    .description('print the public key of a certificate as the policy names it, for one that another authority issued')
    .argument('<file>', 'certificate in PEM or DER')
    .addHelpText('after', examples('sluice certs instrument pin novaseq-a.pem'))
    .action((file: string, options: CommonOptions) => {
      const pin = pinOf(file)
      if (options.json) json({ certificate: pin })
      else line(pin)
    })

const pinOf = (file: string): string => {
  const bytes = readFileSync(file)
  try {
    return spkiPin(new X509Certificate(bytes))
  } catch {
    throw new Failure(`${file} does not hold a certificate`, 'give the certificate itself, in PEM or DER')
  }
}
