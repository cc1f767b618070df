import { readFileSync, writeFileSync } from 'node:fs'
import { Argument, Command } from 'commander'
import { documentSchemas, type DocumentSchema } from '../../proxy/policy/document-schemas.ts'
import type { CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { json, line } from '../terminal/print.ts'

type SchemaOptions = CommonOptions & { readonly output?: string }

export const schemaCommand = (): Command =>
  new Command('schema')
    .description('print the JSON Schema of a policy, or of its cases, with which editors complete and check the file')
    .addArgument(
      new Argument('[kind]', 'of what')
        .choices(Object.keys(documentSchemas))
        .default('policy' satisfies DocumentSchema),
    )
    .option('-o, --output <file>', 'file to write it to, over the one that is there; standard output when absent')
    .addHelpText('after', examples('sluice rules schema -o policy.schema.json', 'sluice rules schema cases'))
    .action((kind: DocumentSchema, { output, json: isJson }: SchemaOptions) => {
      const schema = readFileSync(documentSchemas[kind], 'utf8')
      if (output === undefined) return void process.stdout.write(schema)
      writeFileSync(output, schema)
      if (isJson) json({ written: output })
      else line(`wrote ${output}`)
    })
