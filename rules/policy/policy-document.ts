import policySchema from './policy.schema.json' with { type: 'json' }
import { compileDocumentSchema, readYamlDocument, type YamlDocument } from './yaml-document.ts'

const validate = compileDocumentSchema(policySchema)

/** Reads the text of a policy: the shape of it alone. `parsePolicy` reads what it means. */
export const readPolicyDocument = (text: string): YamlDocument => readYamlDocument(text, validate)
