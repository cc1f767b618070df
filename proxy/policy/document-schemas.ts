import { join } from 'node:path'

const rules = join(import.meta.dirname, '..', '..', 'rules')

/** The published JSON Schemas of the files that a lab writes. */
export const documentSchemas = {
  policy: join(rules, 'policy', 'policy.schema.json'),
  cases: join(rules, 'workbench', 'cases.schema.json'),
} as const

export type DocumentSchema = keyof typeof documentSchemas

/** Name of the copy that stands beside the policy of a new appliance. */
export const POLICY_SCHEMA = 'policy.schema.json'

/** The comment by which an editor knows the schema of a YAML file (yaml-language-server, on which most editors build). */
export const schemaComment = (path: string): string => `# yaml-language-server: $schema=${path}`
