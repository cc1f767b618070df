import { Argument, Command } from 'commander'
import { completionScript, shells, type Shell } from '../terminal/completion.ts'
import { examples } from '../terminal/examples.ts'
import { stream } from '../terminal/print.ts'

/** @param everything - the whole command line, with all its groups */
export const completionCommand = (everything: () => Promise<Command>): Command =>
  new Command('completion')
    .description('print what makes a shell complete the commands, options and values of sluice')
    .addArgument(new Argument('<shell>', 'for which').choices(shells))
    .addHelpText(
      'after',
      examples(
        'sluice completion bash > ~/.local/share/bash-completion/completions/sluice',
        'sluice completion zsh > ~/.sluice.zsh     # and, in ~/.zshrc after compinit: source ~/.sluice.zsh',
        'sluice completion fish > ~/.config/fish/completions/sluice.fish',
      ),
    )
    .action(async (shell: Shell) => stream(completionScript(await everything(), shell)))
