import { existsSync } from 'node:fs'
import { loadReviewer } from '../../log/review/reviewer.ts'
import { defaultSettings, parseListen } from '../../proxy/settings.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import type { LabSide } from './lab-sides.ts'
import { composeFiles, parseInstrument, type ComposeKind, type Wishes } from './wishes.ts'

const PLACEHOLDER = 'telemetry.vendor.example'
const PORT = '8443'

/** Whether there is somebody to ask: questions go to standard error, so that what the command prints can go elsewhere. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/**
 * Asks for everything that the flags did not say; each question shows what an empty answer means.
 * @param sides - addresses of this machine that are offered
 * @throws Failure when the person breaks off
 */
export const askFor = async (given: Wishes, sides: readonly LabSide[]): Promise<Wishes> => {
  try {
    const place = given.listen === undefined ? await askPlace(given, sides) : given
    return {
      ...place,
      destination: given.destination ?? (await askDestination()),
      instrument: given.instrument.length > 0 ? given.instrument : await askInstruments(place.compose),
      name: given.name.length > 0 ? given.name : await askName(),
      reviewer: given.reviewer.length > 0 ? given.reviewer : await askReviewers(),
    }
  } catch (error) {
    if ((error as Error).name !== 'ExitPromptError') throw error
    throw new Failure('interrupted', 'nothing was made', exitCodes.interrupted)
  }
}

const askPlace = async (given: Wishes, sides: readonly LabSide[]): Promise<Wishes> => {
  const compose = given.compose ?? (await askCompose())
  if (compose === null) return { ...given, listen: await askListen(sides) }
  if (compose === 'published') return { ...given, compose, listen: await askListen(sides) }
  const side = await askSide(given, sides)
  const address = await input('Address that the appliance is to have there (no other machine may have it):', {
    validate: text => problemOf(() => parseListen(`${text}:${PORT}`)),
  })
  return { ...given, compose, listen: `${address}:${PORT}`, labInterface: side.interface, labSubnet: side.network }
}

const askCompose = (): Promise<ComposeKind | null> =>
  select<ComposeKind | null>('How is the appliance to run?', [
    { value: null, name: 'on this machine, as a program' },
    { value: 'ipvlan', name: `in Docker, with an address of its own on the lab network (${composeFiles.ipvlan})` },
    { value: 'macvlan', name: `the same, with a MAC address of its own (${composeFiles.macvlan})` },
    { value: 'published', name: `in Docker, with a port of this machine (${composeFiles.published})` },
  ])

const askListen = async (sides: readonly LabSide[]): Promise<string> => {
  const chosen = await select<string | null>('On which address do the instruments reach it?', [
    ...sides.map(side => ({ value: side.address, name: `${side.address}  (${side.interface}, ${side.network})` })),
    { value: '127.0.0.1', name: '127.0.0.1  (this computer only, to try things with)' },
    { value: null, name: 'another one' },
  ])
  const isListen = (text: string) => problemOf(() => parseListen(text))
  if (chosen === null) return input('Address and port:', { default: defaultSettings.listen, validate: isListen })
  const host = chosen.includes(':') ? `[${chosen}]` : chosen
  const port = await input('Port (443 for instruments that are steered by DNS):', {
    default: PORT,
    validate: text => isListen(`${host}:${text}`),
  })
  return `${host}:${port}`
}

const askSide = async ({ labInterface, labSubnet }: Wishes, sides: readonly LabSide[]): Promise<LabSide> => {
  if (labInterface !== undefined && labSubnet !== undefined)
    return { interface: labInterface, network: labSubnet, address: '' }
  const chosen = await select<LabSide | null>('Which network card is on the side of the instruments?', [
    ...sides.map(side => ({ value: side, name: `${side.interface}  (${side.network})` })),
    { value: null, name: 'another one' },
  ])
  if (chosen !== null) return chosen
  const name = await input('Network card:', {
    default: labInterface ?? 'enp3s0',
    validate: text => /^[\w.-]+$/.test(text),
  })
  const network = await input('Network of the instruments:', { default: labSubnet ?? '10.77.1.0/24' })
  return { interface: name, network, address: '' }
}

const askDestination = (): Promise<string> =>
  input("Host of the vendor's service (ask the field engineer, or look into the firewall log):", {
    default: PLACEHOLDER,
    validate: text => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text) || 'a DNS name in lower case, or an address',
  })

const askInstruments = async (compose: ComposeKind | null): Promise<readonly string[]> => {
  const instruments: string[] = []
  const otherwise = compose === null ? 'only this computer may ask' : 'none may ask yet'
  for (;;) {
    const text = await input(
      instruments.length === 0
        ? `First instrument, as id=address, such as novaseq-01=10.77.1.20 (empty: ${otherwise}):`
        : 'Next instrument (empty: no more):',
      { validate: answer => answer === '' || problemOf(() => parseInstrument(answer)) },
    )
    if (text === '') return instruments
    instruments.push(text)
  }
}

const askName = async (): Promise<readonly string[]> => {
  const name = await input('DNS name of the appliance in the lab, such as sluice.lab.example (empty: none):', {
    validate: text => text === '' || /^[a-z0-9.-]{1,253}$/.test(text) || 'a DNS name in lower case',
  })
  return name === '' ? [] : [name]
}

const askReviewers = async (): Promise<readonly string[]> => {
  const files: string[] = []
  for (;;) {
    const file = await input(
      files.length === 0
        ? 'Public file of the first reviewer, NAME.pub (empty: a pair to try things with is made here):'
        : 'Next reviewer (empty: no more):',
      {
        validate: text =>
          text === '' || (existsSync(text) ? problemOf(() => loadReviewer(text)) : 'there is no such file'),
      },
    )
    if (file === '') return files
    files.push(file)
  }
}

/** True when it does not throw, otherwise what is wrong. */
const problemOf = (check: () => unknown): true | string => {
  try {
    check()
    return true
  } catch (error) {
    return (error as Error).message
  }
}

type Input = { readonly default?: string; readonly validate?: (text: string) => boolean | string }

const context = { output: process.stderr }

const input = async (message: string, options: Input): Promise<string> => {
  const { default: ask } = await import('@inquirer/input')
  const validate = options.validate
  return (
    await ask({ message, ...options, ...(validate && { validate: text => validate(text.trim()) }) }, context)
  ).trim()
}

const select = async <Value>(
  message: string,
  choices: readonly { readonly value: Value; readonly name: string }[],
): Promise<Value> => {
  const { default: ask } = await import('@inquirer/select')
  return ask<Value>({ message, choices, loop: false }, context)
}
