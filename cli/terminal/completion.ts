import type { Argument, Command, Option } from 'commander'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** What may come after the words of one command. */
type Place = {
  /** The words that lead there, without the program: `log list`. */
  readonly path: string
  /** Groups and commands, with what they do. */
  readonly commands: readonly Word[]
  /** Values of the first argument, where there is a closed list. */
  readonly values: readonly string[]
  readonly options: readonly OptionWords[]
}

type Word = { readonly word: string; readonly description: string }

type OptionWords = {
  /** `--data`, and `-o` where there is one. */
  readonly flags: readonly string[]
  readonly description: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

/** Every place of the command line, the outermost first. */
const placesOf = (command: Command, path: readonly string[] = []): readonly Place[] => [
  {
    path: path.join(' '),
    commands: command.commands.map(inner => ({ word: inner.name(), description: inner.description() })),
    values: command.registeredArguments.flatMap(choicesOf).filter(isPlainWord),
    options: [...command.options.map(wordsOf), help],
  },
  ...command.commands.flatMap(inner => placesOf(inner, [...path, inner.name()])),
]

const help: OptionWords = { flags: ['-h', '--help'], description: 'show help', takesValue: false, choices: [] }

const wordsOf = (option: Option): OptionWords => ({
  flags: [option.short, option.long].filter(flag => flag !== undefined && flag !== null),
  description: option.description,
  takesValue: option.required || option.optional,
  choices: choicesOf(option).filter(isPlainWord),
})

const choicesOf = ({ argChoices }: Option | Argument): readonly string[] => argChoices ?? []

/** What needs no quotation in any shell. */
const isPlainWord = (word: string): boolean => /^[\w.:-]+$/.test(word)

/** The script by which a shell completes the commands, options and values of a program; files where a value is open. */
export const completionScript = (program: Command, shell: Shell): string => {
  const places = placesOf(program)
  switch (shell) {
    case 'bash':
      return bashScript(places)
    case 'zsh':
      // zsh runs completions of bash, so that both know the same.
      return `#compdef sluice\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(places)}`
    case 'fish':
      return fishScript(places)
  }
}

const bashScript = (places: readonly Place[]): string => `# Completes the commands of sluice in bash.
_sluice() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} place= known= index
  local -A inner=(
${places.map(({ path, commands }) => `    ['${path}/']='${commands.map(({ word }) => word).join(' ')}'`).join('\n')}
  )
  local -A flags=(
${places.map(({ path, options }) => `    ['${path}/']='${options.flatMap(option => option.flags).join(' ')}'`).join('\n')}
  )
  local -A values=(
${bashValues(places)}
  )
  for ((index = 1; index < COMP_CWORD; index++)); do
    known=" \${inner[$place/]} "
    if [[ $known == *" \${COMP_WORDS[index]} "* ]]; then place="\${place:+$place }\${COMP_WORDS[index]}"; fi
  done
  COMPREPLY=()
  if [[ $before == -* && -v "values[$place/$before]" ]]; then
    COMPREPLY=($(compgen -W "\${values[$place/$before]}" -- "$word"))
  elif [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "\${flags[$place/]}" -- "$word"))
  else
    COMPREPLY=($(compgen -W "\${inner[$place/]} \${values[$place/]}" -- "$word"))
  fi
}
complete -o default -F _sluice sluice
`

/** Of arguments under the path alone, of options under path and flag; an option with an open value has an empty list, so that files are offered. */
const bashValues = (places: readonly Place[]): string => {
  const lines = places.flatMap(({ path, values, options }) => [
    ...(values.length > 0 ? [`    ['${path}/']='${values.join(' ')}'`] : []),
    ...options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ flags, choices }) => flags.map(flag => `    ['${path}/${flag}']='${choices.join(' ')}'`)),
  ])
  return lines.join('\n')
}

const fishScript = (places: readonly Place[]): string =>
  [
    '# Completes the commands of sluice in fish.',
    '# The words so far that are no options have to be just these.',
    'function __sluice_at',
    '  set -l words',
    '  for word in (commandline -opc)[2..]',
    "    string match -q -- '-*' $word; or set -a words $word",
    '  end',
    '  test "$words" = "$argv"; or string match -q -- "$argv *" "$words"',
    'end',
    ...places.flatMap(fishLines),
    '',
  ].join('\n')

const fishLines = ({ path, commands, values, options }: Place): readonly string[] => {
  const at = `complete -c sluice -n ${fishQuoted(path === '' ? 'test (count (commandline -opc)) -eq 1' : `__sluice_at ${path}`)}`
  return [
    ...commands.map(({ word, description }) => `${at} -f -a ${word} -d ${fishQuoted(description)}`),
    ...(values.length > 0 ? [`${at} -f -a ${fishQuoted(values.join(' '))}`] : []),
    ...options.map(({ flags, description, takesValue, choices }) => {
      const spelled = flags.map(flag => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
      const value = choices.length > 0 ? ` -x -a ${fishQuoted(choices.join(' '))}` : takesValue ? ' -r' : ''
      return `${at} ${spelled.join(' ')}${value} -d ${fishQuoted(description)}`
    }),
  ]
}

/** Between single quotation marks of fish, a backslash and such a mark are written with a backslash. */
const fishQuoted = (text: string): string => `'${text.replaceAll(/[\\']/g, mark => `\\${mark}`)}'`
