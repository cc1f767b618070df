/** The examples that end the help of a command. */
export const examples = (...lines: readonly string[]): string =>
  ['', lines.length > 1 ? 'Examples:' : 'Example:', ...lines.map(line => `  ${line}`)].join('\n')
