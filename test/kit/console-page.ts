/** What tests of pages share: their blocks, their commands, and whether what was printed is what they show. */

export type Block = { readonly kind: string; readonly text: string }

/** The fenced blocks of a page. A file names itself in its first line; a console block is commands and what each prints. */
export const blocksOf = (page: string): readonly Block[] =>
  [...page.matchAll(/^```(?<kind>yaml|json|console)\n(?<text>[^]*?)^```$/gm)].map(({ groups }) => ({
    kind: groups!.kind!,
    text: groups!.text!,
  }))

/** Lines as they are printed, cells apart by two blanks or more; `…` stands for anything. */
export const normalize = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => line.replaceAll(/\t| {2,}/g, '  ').trimEnd())

const fits = (line: string, expected: string): boolean =>
  new RegExp(
    `^${expected
      .split('…')
      .map(part => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
      .join('.*')}$`,
  ).test(line)

/** The lines printed against those of the page; a lone `…` stands for any number of lines. */
export const matches = (printed: readonly string[], expected: readonly string[]): boolean => {
  const [first, ...rest] = expected
  if (first === undefined) return printed.length === 0
  if (first !== '…') return printed.length > 0 && fits(printed[0]!, first) && matches(printed.slice(1), rest)
  return printed.some((_, skipped) => matches(printed.slice(skipped), rest)) || matches([], rest)
}

/** The commands of a console block, each with what it prints. */
export const commandsIn = (text: string): readonly { command: string; expected: string }[] =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map(part => {
      const [command = '', ...lines] = part.split('\n')
      return { command, expected: lines.join('\n') }
    })
