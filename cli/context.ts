import { resolve } from 'node:path'
import { dataFolder, isSetUp, type DataFolder } from '../proxy/data-folder.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'

/** What every command is given; see `program.ts`. */
export type CommonOptions = { readonly data: string; readonly json?: boolean }

export const folderOf = ({ data }: CommonOptions): DataFolder => dataFolder(resolve(data))

/** The data folder of an appliance that has been set up. */
export const readyFolder = (options: CommonOptions): DataFolder => {
  const folder = folderOf(options)
  if (isSetUp(folder)) return folder
  throw new Failure(
    `there is no appliance in ${folder.root}`,
    'run "sluice init", or name the data folder with --data or SLUICE_DATA',
    exitCodes.notFound,
  )
}
