/** Sluice without Node's permission model, under which no profile can be taken. */
import { runAppliance } from '../../../cli/serve.ts'
import { dataFolder } from '../../../proxy/data-folder.ts'
import { readSettings } from '../../../proxy/settings.ts'

const folder = dataFolder(process.argv.at(-1)!)
await runAppliance(folder, readSettings(folder), 'json', 'info')
