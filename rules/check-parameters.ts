import { referenceToken } from './json-pointer.ts'
import type { Parameter } from './policy.ts'
import { stop, type Stop } from './stop.ts'
import type { BlockReason, Surface } from './verdict.ts'

export type Values = Readonly<Record<string, string>>

/**
 * Holds strings by name to what the policy says of each.
 * @returns the values in the order in which the policy names them: theirs would be a choice that says something
 */
export const checkParameters = (
  surface: Surface,
  values: Values,
  allowed: ReadonlyMap<string, Parameter>,
  reason: BlockReason,
): Values | Stop => {
  for (const [index, name] of Object.keys(values).entries()) {
    const result = allowed.get(name)?.validate(values[name]!)
    if (!result) return stop(reason, { rule: 'additionalProperties', place: { surface, pointer: `/#${index}` } })
    if (!result.ok) return stop(reason, { rule: result.keyword, place: { surface, pointer: referenceToken(name) } })
  }
  const present: Record<string, string> = Object.create(null)
  for (const { name, required } of allowed.values())
    if (Object.hasOwn(values, name)) present[name] = values[name]!
    else if (required) return stop(reason, { rule: 'required', place: { surface, pointer: referenceToken(name) } })
  return present
}
