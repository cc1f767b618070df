import { Command } from 'commander'
import { readPolicySource } from '../../proxy/policy/policy-file.ts'
import { policyFile, readSettings } from '../../proxy/settings.ts'
import { parsePolicy } from '../../rules/policy/parse-policy.ts'
import { lint, type LintFinding } from '../../rules/workbench/lint.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exceptionsOf, printExceptions } from '../rules/exception-table.ts'
import { exitCodes } from '../exit-codes.ts'
import { json, line, table } from '../terminal/print.ts'

type LintOptions = CommonOptions & { readonly policy?: string }

export const lintCommand = (): Command =>
  new Command('lint')
    .description(
      'look for what fails open or is unwise in the policy and its schemas; exits with 8 when something is wrong',
    )
    .option('--policy <file>', 'policy to use instead of the one of the appliance')
    .addHelpText('after', examples('sluice rules lint', 'sluice rules lint --policy new.yaml --json'))
    .action(lintPolicy)

const lintPolicy = (options: LintOptions): void => {
  const file = policyToRead(options)
  const { text, readReference } = readPolicySource(file)
  const time = Date.now()
  const findings = lint(text, readReference, time)
  const reading = parsePolicy(text, readReference)
  const exceptions = reading.ok ? exceptionsOf(reading.policy, time) : []
  const errors = findings.filter(({ severity }) => severity === 'error').length
  if (errors > 0) process.exitCode = exitCodes.found
  if (options.json) return json({ policy: file, errors, warnings: findings.length - errors, findings, exceptions })
  if (findings.length > 0) printFindings(file, findings)
  if (exceptions.length > 0) printExceptions(exceptions)
  line(`${file}: ${spellCount(errors, 'error')}, ${spellCount(findings.length - errors, 'warning')}`)
}

/** The policy that is named, or the one of the appliance. */
export const policyToRead = (options: LintOptions): string => {
  if (options.policy !== undefined) return options.policy
  const folder = readyFolder(options)
  return policyFile(folder, readSettings(folder))
}

export const spellCount = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** The findings as a table, and what can be done about each kind. */
export const printFindings = (file: string, findings: readonly LintFinding[]): void => {
  table(
    ['severity', 'code', 'at', 'key', 'in schema', 'detail'],
    findings.map(({ severity, code, line, column, key, pointer, detail }) => [
      severity,
      code,
      `${file}:${line}:${column}`,
      key,
      pointer === null ? null : pointer || '/',
      detail || null,
    ]),
  )
  for (const [hint, code] of new Map(findings.map(({ code, hint }) => [hint, code]))) line(`${code}: ${hint}`)
}
