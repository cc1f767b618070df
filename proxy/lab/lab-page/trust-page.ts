import type { Authority } from '../../../certs/authority.ts'
import type { PublishedAnchor } from '../../../certs/rotation.ts'
import { SELF_TEST } from '../../../rules/lab-page.ts'
import { fixed, html, type Html } from '../../html.ts'
import { style } from './style.ts'

const roles: Readonly<Record<PublishedAnchor['role'], string>> = {
  current: 'In use',
  next: 'The next one: let instruments trust it too, before it is in use',
  previous: 'The one before: may be removed from trust stores when the lab says so',
}

/** Names of the files of a certificate, as `rules/lab-page.ts` has them. */
const fileOf = ({ role }: PublishedAnchor): string => (role === 'current' ? 'sluice-ca' : `sluice-ca-${role}`)

const page = (title: string, content: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        ${fixed(`<style>${style}</style>`)}
      </head>
      <body>
        ${content}
      </body>
    </html> `.markup

const certificate = (anchor: PublishedAnchor): Html =>
  html`<section>
    <h2>${roles[anchor.role]}</h2>
    <dl>
      <dt>Name</dt>
      <dd>${anchor.name}</dd>
      <dt>SHA-256 fingerprint</dt>
      <dd><code>${anchor.fingerprint256}</code></dd>
      <dt>Ends</dt>
      <dd>${anchor.notAfter.toISOString().slice(0, 10)}</dd>
    </dl>
    <p>
      <a href="/${fileOf(anchor)}.cer">${fileOf(anchor)}.cer</a> (DER, for Windows) ·
      <a href="/${fileOf(anchor)}.pem">${fileOf(anchor)}.pem</a> (PEM, for Linux, Java and Python)
    </p>
  </section> `

type Instruction = { readonly system: string; readonly text: string; readonly commands: readonly string[] }

/** For each kind of trust store. `file`: the certificate's name without its ending. */
const instructionsFor = (file: string, here: string): readonly Instruction[] => [
  {
    system: 'Windows (instrument control computers)',
    text: `In a command prompt run as administrator, in the folder of the file. By hand: double-click the file, Install Certificate, Local Machine, Trusted Root Certification Authorities (or certlm.msc). For many computers: Group Policy, Computer Configuration, Policies, Windows Settings, Security Settings, Public Key Policies, Trusted Root Certification Authorities, Import.`,
    commands: [
      `curl.exe -o ${file}.cer http://${here}/${file}.cer`,
      `certutil -hashfile ${file}.cer SHA256`,
      `certutil -addstore -f Root ${file}.cer`,
    ],
  },
  {
    system: 'Debian, Ubuntu',
    text: 'As root. The ending has to be .crt.',
    commands: [
      `curl -o /usr/local/share/ca-certificates/${file}.crt http://${here}/${file}.pem`,
      'update-ca-certificates',
    ],
  },
  {
    system: 'Red Hat, Rocky, Alma',
    text: 'As root.',
    commands: [`curl -o /etc/pki/ca-trust/source/anchors/${file}.pem http://${here}/${file}.pem`, 'update-ca-trust'],
  },
  {
    system: 'Java',
    text: 'Java has a trust store of its own, one in each installation; instrument software often brings its own Java along. Use the keytool of that one.',
    commands: [`keytool -importcert -noprompt -cacerts -storepass changeit -alias ${file} -file ${file}.cer`],
  },
  {
    system: 'Python, curl, Node',
    text: 'These can be told by environment variables of the service. The first three replace what is trusted otherwise, which does no harm where the appliance is the only way out.',
    commands: [
      `SSL_CERT_FILE=/path/to/${file}.pem`,
      `REQUESTS_CA_BUNDLE=/path/to/${file}.pem`,
      `CURL_CA_BUNDLE=/path/to/${file}.pem`,
      `NODE_EXTRA_CA_CERTS=/path/to/${file}.pem`,
    ],
  },
]

const instruction = ({ system, text, commands }: Instruction): Html =>
  html`<section>
    <h2>${system}</h2>
    <p>${text}</p>
    <pre>${commands.map(command => html`<code>${command}</code>`)}</pre>
  </section> `

/** What an IT person needs on the instrument. @param here - name and port under which the page was asked for */
export const trustPage = (anchors: readonly PublishedAnchor[], here: string): string =>
  page(
    'Trust the lab’s certificate authority',
    html`<h1>Trust the lab’s certificate authority</h1>
      <p>
        Instruments in this lab reach their vendors through Sluice, an appliance that inspects what they send. So that
        they accept its certificates, install this one on each
        instrument${anchors.length > 1 ? ', or all of them: the authority is being exchanged' : ''}.
      </p>
      <p>
        <strong>Compare the fingerprint first</strong> with the one that <code>sluice status</code> shows on the
        appliance: this page came over a connection that nothing protects.
      </p>
      ${anchors.map(certificate)}
      ${anchors.filter(({ role }) => role !== 'previous').flatMap(anchor => instructionsFor(fileOf(anchor), here).map(instruction))}
      <section>
        <h2>Apple</h2>
        <p>
          Open <a href="/sluice-ca.mobileconfig">sluice-ca.mobileconfig</a>, install the profile in the settings, and on
          iOS and iPadOS switch the certificate on under General, About, Certificate Trust Settings.
        </p>
      </section>
      <section>
        <h2>Try it</h2>
        <p>
          <a href="https://${here}${SELF_TEST}">Does this computer trust the authority?</a> If the browser warns instead
          of showing a page, it does not yet. Firefox and Java have trust stores of their own: this shows what the
          browser trusts. Without a browser:
        </p>
        <pre>curl https://${here}${SELF_TEST}</pre>
      </section>`,
  )

/** Whoever sees this trusts the authority. */
export const selfTestPage = ({ anchor }: Authority): string =>
  page(
    'This program trusts the authority',
    html`<h1>This program trusts the lab’s certificate authority</h1>
      <p>
        The connection was made with a certificate of <strong>${anchor.name}</strong>, SHA-256
        <code>${anchor.fingerprint256}</code>, and accepted. Other programs on this computer may have trust stores of
        their own.
      </p>`,
  )
