import type { JsonValue } from '../canonical.ts'
import type { Path } from '../json-pointer.ts'
import type { Validator } from '../schema.ts'
import type { BlockReason } from '../verdict.ts'
import { spellingPlace, type Composition } from './composition.ts'
import { lacking, type Requirement } from './consent.ts'
import { deriveFields, type DerivedField } from './derived-field.ts'

/** What a policy says of a body beside its schema. */
export type ValueRules = {
  readonly required: readonly Requirement[]
  readonly derived: readonly DerivedField[]
  readonly compositions: readonly Composition[]
}

/** Why a value may not leave, and where in it. */
export type Violation = { readonly reason: BlockReason; readonly rule: string; readonly path: Path }

export type Judgement = {
  /** Whether the value is another than the one received. */
  readonly isDerived: boolean
  readonly violation: Violation | null
}

/**
 * Holds a value to its schema and to the rules beside it. Consent is looked for in what was received; what follows from others is
 * then put in place, in the value itself; the schema and the base composition are about what would leave.
 */
export const judgeValue = (value: JsonValue, validate: Validator, rules: ValueRules): Judgement => {
  const consent = lacking(value, rules.required)
  const { isChanged, fault } = deriveFields(value, rules.derived)
  const answer = (reason: BlockReason, rule: string, path: Path): Judgement => ({
    isDerived: isChanged,
    violation: { reason, rule, path },
  })
  if (consent) return answer('schema-violation', 'consent', consent)
  if (fault) return answer('schema-violation', fault.rule, fault.path)
  const valid = validate(value)
  if (!valid.ok) return answer('schema-violation', valid.keyword, valid.path)
  const spelling = spellingPlace(value, rules.compositions)
  if (spelling) return answer('sensitive-content', spelling.rule, spelling.path)
  return { isDerived: isChanged, violation: null }
}

/** The same for each element of a list; the violation is that of the first which may not leave. */
export const judgeLines = (values: readonly JsonValue[], validate: Validator, rules: ValueRules): Judgement => {
  let isDerived = false
  let violation: Violation | null = null
  for (const [index, value] of values.entries()) {
    const line = judgeValue(value, validate, rules)
    isDerived ||= line.isDerived
    if (line.violation) violation ??= { ...line.violation, path: [index, ...line.violation.path] }
  }
  return { isDerived, violation }
}
