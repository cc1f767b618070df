import type { Coverage, Share } from '../../rules/workbench/coverage.ts'
import type { CaseEnd } from '../../rules/workbench/run-case.ts'
import { harmless, json, line, table } from '../terminal/print.ts'

/** How one case of a file ended. */
export type CaseResult = CaseEnd & { readonly file: string }

export type CaseReport = {
  readonly policy: string
  readonly results: readonly CaseResult[]
  readonly coverage: Coverage
}

export const reportFormats = ['table', 'tap', 'junit', 'json'] as const

export type ReportFormat = (typeof reportFormats)[number]

export const printReport = (report: CaseReport, format: ReportFormat): void => {
  switch (format) {
    case 'table':
      return printTable(report)
    case 'tap':
      return printTap(report)
    case 'junit':
      return printJunit(report)
    case 'json':
      return json({ ...report, passed: report.results.length - failed(report), failed: failed(report) })
  }
}

const failed = ({ results }: CaseReport): number => results.filter(({ differences }) => differences.length > 0).length

const percent = ({ total, missed }: Share): string =>
  `${total - missed.length} of ${total}${total === 0 ? '' : ` (${Math.floor((100 * (total - missed.length)) / total)} %)`}`

const coverageLines = ({ routes, schema, detectors }: Coverage): readonly string[] => [
  `routes: ${percent(routes)}`,
  `schema properties and branches: ${percent(schema)}`,
  `detectors: ${percent(detectors)}`,
]

const printTable = (report: CaseReport): void => {
  table(
    ['result', 'case', 'route', 'expected', 'got', 'reason', 'difference'],
    report.results.map(({ name, route, expect, got, reason, differences }) => [
      differences.length === 0 ? 'pass' : 'FAIL',
      name,
      route,
      expect,
      got,
      reason,
      differences.join('; ') || null,
    ]),
  )
  line()
  line(`${report.results.length - failed(report)} passed, ${failed(report)} failed`)
  for (const text of coverageLines(report.coverage)) line(`covered ${text}`)
}

/** @see https://testanything.org/tap-version-14-specification.html */
const printTap = ({ results, coverage }: CaseReport): void => {
  line('TAP version 14')
  line(`1..${results.length}`)
  for (const [index, { name, route, differences }] of results.entries()) {
    const description = harmless(`${route}: ${name}`).replaceAll(/[\\#]/g, String.raw`\$&`)
    line(`${differences.length === 0 ? 'ok' : 'not ok'} ${index + 1} - ${description}`)
    if (differences.length > 0) line(['  ---', `  differences: ${JSON.stringify(differences)}`, '  ...'].join('\n'))
  }
  for (const text of coverageLines(coverage)) line(`# covered ${text}`)
}

/** @see https://github.com/testmoapp/junitxml (the dialect that build servers read) */
const printJunit = (report: CaseReport): void => {
  line('<?xml version="1.0" encoding="UTF-8"?>')
  line(`<testsuite name="${attribute(report.policy)}" tests="${report.results.length}" failures="${failed(report)}">`)
  for (const { route, name, differences } of report.results) {
    const start = `  <testcase classname="${attribute(route)}" name="${attribute(name)}"`
    if (differences.length === 0) line(`${start}/>`)
    else line(`${start}><failure message="${attribute(differences.join('; '))}"/></testcase>`)
  }
  line(`  <system-out>${attribute(coverageLines(report.coverage).join('; '))}</system-out>`)
  line('</testsuite>')
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const attribute = (text: string): string => harmless(text).replaceAll(/[&<>"]/g, character => entities[character]!)
