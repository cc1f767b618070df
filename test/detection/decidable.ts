/** What content cannot tell from telemetry, however it is looked at; docs/threat-model.md says what stops it instead. */
const undecidable: readonly { readonly family: RegExp; readonly disguise: RegExp }[] = [
  // Quality scores, or four values, as decimal numbers: a column of measurements is the same.
  { family: /^(?:phred-|four-)/, disguise: /^decimal-list$/ },
  // Numbers from the end to the beginning are other such numbers.
  { family: /^(?:qual|slow5-row)$/, disguise: /^reversed$/ },
]

/** Whether a family in a disguise is more than telemetry could be by chance. */
export const isDecidable = (family: string, disguise: string): boolean =>
  !undecidable.some(pair => pair.family.test(family) && pair.disguise.test(disguise))
