import type { Path } from '../json-pointer.ts'
import type { Composition } from './composition.ts'
import type { Requirement } from './consent.ts'
import { orderProblems, readDerivedField, type DeriveSource } from './derived-field.ts'
import { parsePlacePattern, type PlacePattern } from './place-pattern.ts'
import { admits, subschemasAt } from './schema-at.ts'
import type { ValueRules } from './value-rules.ts'

/** The keys of a body beside its schema, as the policy writes them. */
export type ValueRulesSource = {
  readonly require?: readonly Requirement[]
  readonly derive?: readonly DeriveSource[]
  readonly composition?: readonly Composition[]
}

/** What is wrong, at a key below the body. */
export type ValueRulesProblem = { readonly path: Path; readonly message: string }

/**
 * Compiles the rules beside a schema, and checks that each of their pointers leads to something the schema lets pass: one that
 * does not would never do what its author thinks it does.
 */
export const readValueRules = (
  { require = [], derive = [], composition = [] }: ValueRulesSource,
  schema: unknown,
): { readonly rules: ValueRules; readonly problems: readonly ValueRulesProblem[] } => {
  const derived = derive.map(readDerivedField)
  const places = [
    ...require.map(({ at }, index) => place(['require', index, 'at'], at, 'any')),
    ...derived.flatMap((field, index) => {
      const to = field.kind === 'rounded' && field.to.by === 'minute' ? 'string' : 'number'
      const at: CheckedPlace = { path: ['derive', index, ...field.key], pattern: field.at, type: to }
      const operands = field.kind === 'rounded' ? [] : field.operands
      return [at, ...operands.map(({ pattern, key }) => numberAt(['derive', index, ...key], pattern))]
    }),
    ...composition.map(({ at }, index) => place(['composition', index, 'at'], at, 'array')),
  ]
  return {
    rules: { required: require, derived, compositions: composition },
    problems: [
      ...places.flatMap(one => placeProblems(one, schema)),
      ...orderProblems(derived).map(({ path, message }) => ({ path: ['derive', ...path], message })),
    ],
  }
}

type CheckedPlace = {
  readonly path: Path
  readonly pattern: PlacePattern
  readonly type: 'any' | 'number' | 'string' | 'array'
}

const place = (path: Path, pointer: string, type: CheckedPlace['type']): CheckedPlace => ({
  path,
  pattern: parsePlacePattern(pointer),
  type,
})

const numberAt = (path: Path, pattern: PlacePattern): CheckedPlace => ({ path, pattern, type: 'number' })

const placeProblems = ({ path, pattern, type }: CheckedPlace, schema: unknown): readonly ValueRulesProblem[] => {
  const found = subschemasAt(schema, pattern)
  if (found.length === 0) return [{ path, message: 'leads nowhere: no property of the schema can stand there' }]
  if (type === 'any' || found.some(one => admits(one, type))) return []
  return [{ path, message: `leads to what is no ${type}` }]
}
