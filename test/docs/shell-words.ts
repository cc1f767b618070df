/** One program that a line of a shell starts, and the file that its output goes to. */
export type SimpleCommand = { readonly words: readonly string[]; readonly output: string | null }

type Token = { readonly kind: 'word' | 'operator'; readonly text: string }

/**
 * The programs that a line starts, as far as the lines of our pages go: quotation marks, pipes, lists, redirections, comments, assignments in front.
 * Nothing is expanded.
 * @see POSIX.1-2017, Shell Command Language, sections 2.3 (tokens) and 2.9 (commands)
 */
export const commandsOfLine = (line: string): readonly SimpleCommand[] => {
  const commands: { words: string[]; output: string | null }[] = [{ words: [], output: null }]
  let redirection = ''
  for (const { kind, text } of tokensOf(line)) {
    const last = commands.at(-1)!
    if (kind === 'operator') {
      redirection = text
      if (text !== '<' && text !== '>' && text !== '>>') commands.push({ words: [], output: null })
    } else if (redirection === '<' || redirection.startsWith('>')) {
      if (redirection !== '<') last.output = text
      redirection = ''
    } else if (last.words.length > 0 || !/^[A-Z_]+=/.test(text)) last.words.push(text)
  }
  return commands.filter(({ words }) => words.length > 0)
}

const pattern =
  /\s+|#.*$|(?<operator>&&|\|\||>>|<\(|[|;<>()])|(?<word>(?:'[^']*'|"(?:[^"\\]|\\.)*"|\$\([^)]*\)|\\.|[^\s'"|;<>()&#\\]|(?<=\S)#)+)/gy

const tokensOf = function* (line: string): Generator<Token> {
  pattern.lastIndex = 0
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    const { operator, word } = match.groups!
    if (operator !== undefined) yield { kind: 'operator', text: operator }
    if (word !== undefined) yield { kind: 'word', text: unquoted(word) }
    if (pattern.lastIndex >= line.length) return
  }
  throw new Error(`not a line that we understand: ${line}`)
}

const unquoted = (word: string): string =>
  word.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
  )

/** How our program is called: by its name, through npm, by Node, or in a container; each with the words that it stands for. */
const callers: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^sluice /, []],
  [/^npm run (?:-s )?sluice -- /, []],
  [/^node (?:\/opt\/sluice\/)?cli\/main\.ts /, []],
  [/^docker compose run (?:--rm |-T )*sluice /, []],
  [/^docker compose run (?:--rm |-T )*setup /, ['init']],
  [/^docker compose exec (?:-T )?sluice sluice /, []],
]

/** The arguments of a call of our program; null for any other. */
export const sluiceArguments = ({ words }: SimpleCommand): readonly string[] | null => {
  const rest = words[0] === 'sudo' ? words.slice(1) : words[0] === 'runuser' ? words.slice(4) : words
  const spelled = rest.map(word => word.replaceAll(' ', '\u00a0')).join(' ') + ' '
  const [called, given] = callers.find(([call]) => call.test(spelled)) ?? []
  if (called === undefined) return null
  const skipped = called.exec(spelled)![0].trim().split(' ').length
  return [...given!, ...rest.slice(skipped)]
}
