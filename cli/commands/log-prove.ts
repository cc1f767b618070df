import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { parseVerifierKey } from '../../log/proofs/checkpoint.ts'
import { proveRecord } from '../../log/proofs/prove.ts'
import { checkProof, type CheckedProof } from '../../log/proofs/tlog-proof.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { fields, json, line } from '../terminal/print.ts'

type ProveOptions = CommonOptions & { readonly output?: string }

export const proveCommand = (): Command =>
  new Command('prove')
    .description(
      'prove to others that a record is in the log, without showing them any other (format: C2SP tlog-proof)',
    )
    .argument('<id>', 'id of the decision, or number of any record')
    .option('-o, --output <file>', 'write the proof to a new file instead of standard output')
    .addHelpText(
      'after',
      examples('sluice log prove 019aa0f2-7d1c-7abc-9def-0123456789ab -o decision.tlog-proof', 'sluice log prove 17'),
    )
    .action((id: string, options: ProveOptions) => {
      const proof = proveRecord(readyFolder(options).log, /^\d{1,15}$/.test(id) ? Number(id) : id)
      if (proof === null)
        throw new Failure(
          `the log has no decision or record ${id}`,
          'run "sluice log list" for the ids there are',
          exitCodes.notFound,
        )
      if (options.output !== undefined) writeFileSync(options.output, proof, { flag: 'wx' })
      else if (options.json) json({ proof })
      else process.stdout.write(proof)
    })

type VerifyProofOptions = CommonOptions & { readonly key: string; readonly record?: string }

export const verifyProofCommand = (): Command =>
  new Command('verify-proof')
    .description(
      'check a proof with nothing but the public key of the log; exits with 10 when it proves nothing, with 11 when it cannot be judged',
    )
    .argument('<file>', 'what "sluice log prove" wrote')
    .requiredOption('--key <key>', 'public key of the log: the file checkpoint.pub, or the text in it')
    .option('--record <file>', 'the record, for a proof that does not bring it along')
    .addHelpText('after', examples('sluice log verify-proof decision.tlog-proof --key checkpoint.pub'))
    .action((file: string, options: VerifyProofOptions) => {
      const { key, record } = options
      const verifier = parseVerifierKey((existsSync(key) ? readFileSync(key, 'utf8') : key).trim())
      const bytes = record === undefined ? null : readFileSync(record)
      const result = checkProof(readFileSync(file, 'utf8'), verifier, bytes)
      if (result.kind === 'proven') tellProven(result, options)
      else if (options.json) json(result)
      else line(`${result.kind}: ${meanings[result.kind].text}`)
      process.exitCode = result.kind === 'proven' ? exitCodes.done : meanings[result.kind].code
    })

type Proven = Extract<CheckedProof, { kind: 'proven' }>

const tellProven = ({ index, record, checkpoint: { origin, size } }: Proven, { json: isJson }: CommonOptions): void => {
  const text = Buffer.from(record).toString()
  const value = JSON.parse(text) as Record<string, unknown>
  if (isJson) return json({ kind: 'proven', origin, index, size, record: value })
  line(`proven: record ${index} is one of the first ${size} records of ${origin}`)
  fields(
    Object.entries(value).map(([name, member]) => [
      name,
      member === null || typeof member === 'string' || typeof member === 'number' ? member : JSON.stringify(member),
    ]),
  )
}

const meanings = {
  malformed: { text: 'the file is no proof, or the checkpoint in it is none', code: exitCodes.inconclusive },
  unsigned: { text: 'the checkpoint was not signed by this key', code: exitCodes.inconclusive },
  'no-record': {
    text: 'the proof does not bring the record along: give it with --record',
    code: exitCodes.inconclusive,
  },
  forged: { text: 'the signature is wrong: the checkpoint was made up or altered', code: exitCodes.tampering },
  'false-proof': { text: 'the record is not in the log where the proof says it is', code: exitCodes.tampering },
} as const satisfies Record<Exclude<CheckedProof['kind'], 'proven'>, object>
