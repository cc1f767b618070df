import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { DemoError, playStory } from '../demo/story.ts'
import { examples } from '../examples.ts'
import { Failure } from '../failure.ts'
import { line } from '../print.ts'

export const demoCommand = (): Command =>
  new Command('demo')
    .description('play the whole story on this machine, with no network: exits with 1 when a step does not happen')
    .option('--keep', 'leave the folder of the demo, to look around in it')
    .addHelpText('after', examples('sluice demo', 'sluice demo --keep'))
    .action(demo)

const demo = async ({ keep }: { readonly keep?: boolean }): Promise<void> => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-'))
  try {
    await playStory(root)
    line(
      `\nThat was the whole story.${keep ? ` Its folder is ${root}: try "sluice log list --data ${root}/data".` : ''}`,
    )
  } catch (error) {
    if (!(error instanceof DemoError)) throw error
    throw new Failure(`a step of the demo did not happen: ${error.message}`, 'please report it with the output above')
  } finally {
    if (!keep) rmSync(root, { recursive: true, force: true })
  }
}
