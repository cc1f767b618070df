import { basename, resolve } from 'node:path'
import { calledAs, shellWord } from '../called-as.ts'
import type { Wishes } from './wishes.ts'

/** One step: a command to copy, or something that people do; and why. */
export type Step = { readonly do: string; readonly isCommand: boolean; readonly why: string }

const command = (words: readonly string[], why: string): Step => ({
  do: words.map(shellWord).join(' '),
  isCommand: true,
  why,
})
const typed = (text: string, why: string): Step => ({ do: text, isCommand: true, why })
const byHand = (text: string, why: string): Step => ({ do: text, isCommand: false, why })

const trust = (listen: string): Step =>
  byHand(
    `open http://${listen}/ on each instrument, and follow the page`,
    'it installs the CA certificate and says how the proxy is set (docs/instruments.md)',
  )

/** What is next after the data folder of a program was made. @param data - as `--data` names it; null when it is the usual one */
export const stepsHere = (data: string | null, policy: string, listen: string): readonly Step[] => {
  const sluice = (...words: readonly string[]): Step['do'] =>
    [calledAs, ...words, ...(data === null ? [] : ['--data', shellWord(data)])].join(' ')
  return [
    byHand(`look through ${policy}`, 'what it does not name does not leave'),
    typed(sluice('rules', 'check'), 'says whether the policy is in order'),
    typed(sluice('serve'), 'starts the appliance'),
    typed(sluice('doctor'), 'in another terminal: says what is still wrong, and what to do about it'),
    trust(listen),
  ]
}

/** What is next after `.env` was written for containers: what was asked for goes to `setup` as flags. */
export const stepsInDocker = (wishes: Wishes & { readonly listen: string }): readonly Step[] => {
  const mounts = wishes.reviewer.flatMap(file => ['-v', `${resolve(file)}:/reviewers/${basename(file)}:ro`])
  const flags = [
    ...wishes.name.flatMap(name => ['--name', name]),
    ...wishes.instrument.flatMap(instrument => ['--instrument', instrument]),
    ...(wishes.destination === undefined ? [] : ['--destination', wishes.destination]),
    ...wishes.reviewer.flatMap(file => ['--reviewer', `/reviewers/${basename(file)}`]),
  ]
  return [
    typed('sudo install -d -m 700 -o 1000 -g 1000 sluice-data sluice-policy', 'folders for the user of the container'),
    typed('docker compose build', 'makes the image'),
    command(['docker', 'compose', 'run', '--rm', ...mounts, 'setup', ...flags], 'makes authority, policy and log'),
    byHand('look through sluice-policy/policy.yaml', 'what it does not name does not leave'),
    typed('docker compose run --rm sluice rules check', 'says whether the policy is in order'),
    typed('docker compose up --detach', 'starts the appliance'),
    typed('docker compose exec sluice sluice doctor', 'says what is still wrong, and what to do about it'),
    trust(wishes.listen),
  ]
}

/** Numbered, a command alone on its line. */
export const spellSteps = (steps: readonly Step[]): string =>
  steps
    .map(({ do: what, isCommand, why }, at) =>
      isCommand ? `${at + 1}. ${why}:\n     ${what}` : `${at + 1}. ${what}:\n     ${why}`,
    )
    .join('\n')
