import { readFileSync } from 'node:fs'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { bundleSource } from '../../proxy/policy/bundle-source.ts'
import { gatherFacts, type Sides } from '../../proxy/isolation/gather-facts.ts'
import { judgeIsolation } from '../../proxy/isolation/judge-isolation.ts'
import { nftRuleset, planFor, resolversIn } from '../../proxy/isolation/nft-ruleset.ts'
import { loadPolicy } from '../../proxy/policy/policy-file.ts'
import { policyFile, readSettings } from '../../proxy/settings.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { json, line } from '../terminal/print.ts'
import { spellFinding } from './finding.ts'

export type IsolationOptions = Sides & { readonly ntp?: readonly string[]; readonly json?: boolean }

/** Says what keeps connections from outside away from this machine, and what could not be shown; exit code 8 for what is found. */
export const examineIsolation = async (folder: DataFolder, options: IsolationOptions): Promise<void> => {
  const judgements = judgeIsolation(await gatherFacts(folder, readSettings(folder), options))
  for (const judgement of judgements) {
    if (options.json) json(judgement)
    else line(spellFinding(judgement))
  }
  if (judgements.some(({ state }) => state === 'found')) process.exitCode = exitCodes.found
}

/** Prints the packet filter for this appliance. */
export const printNftables = async (folder: DataFolder, options: IsolationOptions): Promise<void> => {
  const settings = readSettings(folder)
  const { listen, lab, egress } = await gatherFacts(folder, settings, options)
  if (lab === null)
    throw new Failure(`no interface has the address ${listen.address}`, 'name the lab side with --lab-interface')
  const [way, ...others] = egress.filter(name => name !== lab)
  if (way === undefined || others.length > 0)
    throw new Failure(
      way === undefined
        ? 'no default route leads out of another interface'
        : `default routes lead out of ${egress.join(', ')}`,
      'name the side of the internet with --egress-interface',
    )
  const policy = loadPolicy(policyFile(folder, settings))
  const source = bundleSource(folder, settings)
  const besides = source === null ? [] : [source.destination]
  const resolvers = [...new Set(resolvConfs.flatMap(file => resolversIn(readText(file))))]
  process.stdout.write(
    nftRuleset(planFor(policy, besides, { listen, lab, egress: way, resolvers, timeServers: options.ntp ?? [] })),
  )
}

/** The second has the real resolvers where the first names systemd-resolved. */
const resolvConfs = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
