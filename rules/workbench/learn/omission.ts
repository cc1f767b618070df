/** Why something that was observed is not proposed. Codes are stable. */
export const omissionReasons = {
  flagged: 'a detector found something here in at least one payload',
  'name-flagged': 'a detector found something in a property name',
  'name-unfit': 'a property name is no plain field name (a letter, then up to 63 letters, digits or . _ -)',
  'names-like-data': 'the property names of this object vary as data does, so they are data',
  'too-little-evidence': 'seen from one instrument on one day only',
  'mixed-types': 'values of several types stand here',
  'free-text': 'the strings are free text: words of varying letters, or characters that no identifier has',
  'no-common-shape': 'the strings have too many different shapes for a pattern',
  'nucleotides-fit': 'a pattern for these strings would admit twelve nucleotide letters in a row',
  'too-much-room': 'a pattern for these strings would have room for too many freely chosen characters',
  'too-many-digits': 'the numbers have so many digits that they could carry something else',
  'nothing-left': 'nothing of what was observed inside is proposed',
} as const satisfies Record<string, string>

export type OmissionReason = keyof typeof omissionReasons
