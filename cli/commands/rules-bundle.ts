import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { writeExclusive } from '../../log/writing/exclusive-file.ts'
import { createSigningKey, openSigningKey, readVerifierKey } from '../../log/review/signing-key.ts'
import type { BundlePullStatus } from '../../proxy/policy/bundle-puller.ts'
import { requireBundle, unopened, unpackBundle } from '../../proxy/policy/bundles.ts'
import type { ApplianceStatus } from '../../proxy/watch/control-handlers.ts'
import { callControl } from '../../proxy/watch/control.ts'
import {
  isInnerPath,
  MAX_VALIDITY,
  openBundle,
  staleness,
  stalenessOf,
  writeBundle,
  type PolicyBundle,
} from '../../proxy/policy/policy-bundle.ts'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { readSettings } from '../../proxy/settings.ts'
import { activate, checkCandidate, printActivation } from '../rules/activate.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { parseCount } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { passphraseFor, passphraseOption, type PassphraseOptions } from '../terminal/passphrase.ts'
import { fields, json, line } from '../terminal/print.ts'
import { casesBeside, casesIn } from '../rules/run-cases.ts'
import { bundleHint, spellBundle, spellPull } from '../spell-bundle.ts'
import { parseAge, parseTime } from '../time.ts'

export const bundleCommand = (): Command =>
  new Command('bundle')
    .description('policies in one signed file, for many appliances')
    .addCommand(keyCommand())
    .addCommand(buildCommand())
    .addCommand(verifyCommand())
    .addCommand(applyCommand())
    .addCommand(fetchCommand())

type KeyOptions = CommonOptions & PassphraseOptions & { readonly output: string }

const keyCommand = (): Command =>
  new Command('key')
    .description('make the key with which an institution signs: NAME.pub for every appliance, NAME.key for who signs')
    .argument('<name>', 'who signs, such as policy.hospital.example')
    .option('-o, --output <folder>', 'where to put the two files', '.')
    .addOption(passphraseOption())
    .addHelpText('after', examples('sluice rules bundle key policy.hospital.example -o ~/sluice-keys'))
    .action(async (name: string, options: KeyOptions) => {
      const file = join(options.output, name.replaceAll(/[^A-Za-z0-9._-]/g, '_'))
      const passphrase = await passphraseFor(`${file}.key`, options, true)
      await createSigningKey(file, name, { passphrase })
      if (options.json) return json({ name, publicFile: `${file}.pub`, privateFile: `${file}.key` })
      fields([
        ['for the appliances', `${file}.pub`],
        ['for who signs', `${file}.key, which the passphrase protects`],
      ])
    })

type BuildOptions = CommonOptions &
  PassphraseOptions & {
    readonly key: string
    readonly serial: number
    readonly valid: number
    readonly issued?: string
    readonly output: string
  }

const buildCommand = (): Command =>
  new Command('build')
    .description('check, lint and test a policy, then sign it with all that it refers to and its cases as one file')
    .argument('<policy>', 'policy file; cases.yaml beside it goes along')
    .requiredOption('--key <file>', 'key of who signs (NAME.key, with NAME.pub beside it)')
    .requiredOption(
      '--serial <number>',
      'higher than that of every bundle before: appliances take no older one',
      parseCount,
    )
    .option('--valid <age>', 'how long appliances take it: 30m, 12h, 90d', parseValidity, parseValidity('90d'))
    .option('--issued <time>', 'from when on; now when absent', parseTime)
    .requiredOption('-o, --output <file>', 'the bundle; must not exist')
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      examples(
        'sluice rules bundle build policy.yaml --key policy.hospital.example.key --serial 12 -o policy-12.bundle',
      ),
    )
    .action(async (file: string, options: BuildOptions) => {
      const candidate = checkCandidate(file, options.json ?? false)
      const issued = options.issued ?? new Date().toISOString()
      const bundle: PolicyBundle = {
        v: 1,
        kind: 'policy-bundle',
        serial: options.serial,
        issued,
        expires: new Date(Date.parse(issued) + options.valid).toISOString(),
        policy: candidate.digest,
        ...candidate.texts,
        cases: casesOf(file),
      }
      const signer = await openSigningKey(options.key, () => passphraseFor(options.key, options))
      const text = writeBundle(bundle, signer)
      const opened = openBundle(text, signer)
      // such as a character that a signed note cannot hold
      if (opened.kind !== 'verified')
        throw new Failure('the policy cannot be signed as it is', 'write it, its schemas and cases in plain text')
      writeExclusive(options.output, text, 0o644)
      tell(opened, { file: options.output }, options)
    })

/** The cases beside a policy, with the payloads that they name. */
const casesOf = (policy: string): PolicyBundle['cases'] => {
  const file = casesBeside(policy)
  if (file === null) return null
  const cases = casesIn(file, loadPolicy(policy))
  const named = cases.flatMap(({ payload }) => (payload.kind === 'file' ? [payload.file] : []))
  const outside = named.find(path => !isInnerPath(path))
  if (outside !== undefined)
    throw new Failure(`a case names ${outside}, which cannot go along`, `put it beside ${file}, or in a folder there`)
  const contentOf = (path: string): string => readFileSync(resolve(dirname(file), path)).toString('base64')
  return { text: readFileSync(file, 'utf8'), files: Object.fromEntries(named.map(path => [path, contentOf(path)])) }
}

type VerifyOptions = CommonOptions & { readonly key: string; readonly extract?: string }

const verifyCommand = (): Command =>
  new Command('verify')
    .description('say who signed a bundle, and whether it is whole and valid; exits with 8 when it is not')
    .argument('<bundle>', 'file that "rules bundle build" wrote')
    .requiredOption('--key <file>', 'public key of who signs (NAME.pub)')
    .option('--extract <folder>', 'write out what is in it, to look at it or for "rules diff"')
    .addHelpText(
      'after',
      examples(
        'sluice rules bundle verify policy-12.bundle --key policy.hospital.example.pub',
        'sluice rules bundle verify policy-12.bundle --key policy.hospital.example.pub --extract policy-12',
      ),
    )
    .action(async (file: string, options: VerifyOptions) => {
      const opened = openBundle(readFileSync(file, 'utf8'), readVerifierKey(options.key))
      if (opened.kind !== 'verified')
        throw new Failure(
          `${file} is not to be trusted: ${unopened[opened.kind]}`,
          'ask who made it for the bundle again; do not use this one',
          exitCodes.found,
        )
      const stale = stalenessOf(opened, null, Date.now())
      if (stale !== null) process.exitCode = exitCodes.found
      tell(opened, { file, problem: stale === null ? null : staleness[stale] }, options)
      if (options.extract !== undefined) line(`extracted: ${await unpackBundle(options.extract, opened.bundle)}`)
    })

const tell = (
  { bundle, digest, signer }: Extract<ReturnType<typeof openBundle>, { kind: 'verified' }>,
  { file, problem = null }: { readonly file: string; readonly problem?: string | null },
  { json: isJson }: CommonOptions,
): void => {
  const { serial, issued, expires, policy, references, cases } = bundle
  if (isJson) return json({ file, serial, issued, expires, policy, digest, signer, valid: problem === null })
  fields([
    ['bundle', file],
    ['signed by', signer],
    ['serial', serial],
    ['issued', issued],
    ['valid until', expires],
    ...(problem === null ? [] : [['NOT VALID', problem] as const]),
    ['policy', policy],
    ['files', Object.keys(references).length],
    ['cases', cases === null ? 'none' : 'yes'],
    ['digest', digest],
  ])
}

const applyCommand = (): Command =>
  new Command('apply')
    .description(
      'have the running appliance decide by the policy in a bundle, once signature, validity, serial number, lint and cases speak for it',
    )
    .argument('<bundle>', 'file that "rules bundle build" wrote')
    .addHelpText('after', examples('sluice rules bundle apply policy-12.bundle'))
    .action(async (file: string, options: CommonOptions) => {
      const folder = readyFolder(options)
      const isJson = options.json ?? false
      const text = readFileSync(file, 'utf8')
      const { bundle } = requireBundle(folder, readSettings(folder), text)
      const aside = mkdtempSync(join(tmpdir(), 'sluice-bundle-'))
      try {
        const candidate = checkCandidate(await unpackBundle(aside, bundle), isJson)
        if (candidate.digest !== bundle.policy)
          throw new Failure(
            'the policy in the bundle reads differently here than where it was signed',
            'use the same version of sluice there and here',
            exitCodes.refused,
          )
        printActivation(file, candidate, await activate(folder, candidate, 'activate', text), isJson)
      } finally {
        rmSync(aside, { recursive: true })
      }
    })

const fetchCommand = (): Command =>
  new Command('fetch')
    .description(
      'have the running appliance fetch the newest bundle now, from where its settings say, and not when its time has come; exits with 5 when that changes nothing although it should',
    )
    .addHelpText('after', examples('sluice rules bundle fetch'))
    .action(async (options: CommonOptions) => {
      const { document } = await callControl(readyFolder(options).control, 'POST /bundles/fetch')
      const { pull, policy } = document as Fetched
      // undefined where the appliance is older than this command
      if (!pull)
        throw new Failure(
          'the appliance fetches no bundles',
          'name "bundles.url" in its appliance.yaml, or bring a file',
        )
      if (options.json) json({ pull, policy })
      else {
        line(`bundle: ${spellBundle(policy.bundle, Date.now())}`)
        line(`in force: ${policy.number}, ${policy.digest}`)
      }
      if (pull.fault !== null) throw new Failure(spellPull(pull), bundleHint(pull.fault), exitCodes.refused)
    })

type Fetched = { readonly pull?: BundlePullStatus | null; readonly policy: ApplianceStatus['policy'] }

function parseValidity(text: string): number {
  const valid = parseAge(text)
  if (valid > 0 && valid <= MAX_VALIDITY) return valid
  throw new InvalidArgumentError(`must be at most ${MAX_VALIDITY / 86_400_000}d.`)
}
