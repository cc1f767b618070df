import { readFileSync } from 'node:fs'
import { Option } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'

/** Where scripts name the file that holds a passphrase. */
const VARIABLE = 'SLUICE_PASSPHRASE_FILE'

export type PassphraseOptions = { readonly passphraseFile?: string }

export const passphraseOption = (): Option =>
  new Option(
    '--passphrase-file <file>',
    'file whose first line is the passphrase of the key; asked for on the terminal when absent',
  ).env(VARIABLE)

/**
 * The passphrase of a key: from the file that is named, otherwise asked for on the terminal without being shown.
 * @param twice - for a new one, in which nobody would notice a slip
 * @throws Failure when there is no file and no terminal to ask on, or the two answers differ
 */
export const passphraseFor = async (
  keyFile: string,
  { passphraseFile }: PassphraseOptions,
  twice = false,
): Promise<string> => {
  if (passphraseFile !== undefined) return readFileSync(passphraseFile, 'utf8').split(/\r?\n/, 1)[0]!
  if (!process.stdin.isTTY)
    throw new Failure(
      `${keyFile} is protected by a passphrase, and there is no terminal to ask for it`,
      `name a file that holds it with --passphrase-file or ${VARIABLE}`,
      exitCodes.permission,
    )
  const answer = await ask(`Passphrase of ${keyFile}:`)
  if (twice && answer !== (await ask('The same again:')))
    throw new Failure('the two passphrases differ', 'run the command again; nothing was made')
  return answer
}

/** On standard error, so that what the command prints can go elsewhere. */
const ask = async (message: string): Promise<string> => {
  const { default: password } = await import('@inquirer/password')
  try {
    return await password({ message, toggleMask: false }, { output: process.stderr })
  } catch (error) {
    if ((error as Error).name !== 'ExitPromptError') throw error
    throw new Failure('interrupted', 'nothing was done', exitCodes.interrupted)
  }
}
