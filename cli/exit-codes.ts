/** What the process says by its exit code; docs/cli.md lists them for people. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  permission: 4,
  refused: 5,
  partly: 6,
  changed: 7,
  found: 8,
  tampering: 10,
  inconclusive: 11,
  unreachable: 12,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
