import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { DemoError, playStory, stageStory } from '../demo/story.ts'
import { examples } from '../terminal/examples.ts'
import { Failure } from '../failure.ts'
import { line } from '../terminal/print.ts'

/** Of `--stay`, where the commands that are shown expect it. */
const FOLDER = 'sluice-demo'

type DemoOptions = { readonly keep?: boolean; readonly stay?: boolean; readonly listen: string }

export const demoCommand = (): Command =>
  new Command('demo')
    .description('play the whole story on this machine, with no network: exits with 1 when a step does not happen')
    .option('--keep', 'leave the folder of the demo, to look around in it')
    .option('--stay', `play nothing, and run an appliance and a vendor in ./${FOLDER} to try things with, until Ctrl-C`)
    .option('--listen <address:port>', 'with --stay: where the appliance listens', '127.0.0.1:8443')
    .addHelpText('after', examples('sluice demo', 'sluice demo --keep', 'sluice demo --stay'))
    .action(demo)

const demo = async ({ keep, stay, listen }: DemoOptions): Promise<void> => {
  const root = stay ? newFolder() : mkdtempSync(join(tmpdir(), 'sluice-'))
  try {
    if (stay) return await stageStory(root, FOLDER, listen)
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

const newFolder = (): string => {
  try {
    mkdirSync(FOLDER)
  } catch {
    throw new Failure(
      `./${FOLDER} cannot be made, or is there already`,
      'remove it, or go elsewhere',
      exitCodes.refused,
    )
  }
  return resolve(FOLDER)
}
