import policySchema from './policy.schema.json' with { type: 'json' }
import { documentSchema, readYamlDocument, type YamlDocument } from './yaml-document.ts'

const schema = documentSchema(policySchema)

/** Reads the text of a policy: the shape of it alone. `parsePolicy` reads what it means. */
export const readPolicyDocument = (text: string): YamlDocument => readYamlDocument(text, schema)
