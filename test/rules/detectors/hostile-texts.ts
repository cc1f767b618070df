/** Texts made to slow a matcher down: each repeats what one of the detectors begins to match and never finishes. */
const long = 'a'.repeat(300)
const hyphens = 'A-'.repeat(120)

export const hostileUnits: readonly string[] = [
  `1 rue ${long} `, `1 ${long.toUpperCase()} `, `1 A Street ${hyphens} `, `1 rue a ${hyphens} `, `Calle ${long} 4 `, `${hyphens}strasse `, `Patient: ${hyphens} `, `Patient ID ${hyphens}`, `eyJ${long}.`, `1 ${'9'.repeat(200)} `, `Anna ${hyphens} `, `patient has ${long} `, `${long}@${hyphens}.`, `a at ${hyphens} dot `,
  '1 rue a a a a a a a a, ', 'A B C D 1, 12345 ', '1 Oak Street, Ab Cd Ef, ',
  '@', 'a.', 'a@b.', '"a@', 'x at y dot ', '1-', '12-34-56 ', '0', '+1 (', 'A1', 'Anna ', 'Anna Maria, ', 'patient ', 'name: a', 'Dr. ',
  'J. ', 'DOE^', 'born 1 Jan ', '12 Oak ', '1 rue a ', 'calle de la ', '/home/', 'C:\\Users\\', 'a\\', 'password', 'eyJ', 'DE89 3704 ', 'patient has a ', 'Patient ID A', '99 ', 'é ',
] // prettier-ignore

/** One of them, `megabytes` long (2^20 UTF-16 code units each). */
export const hostileText = (unit: string, megabytes: number): string =>
  unit.repeat(Math.ceil((megabytes * 2 ** 20) / unit.length))
