/** Texts made to slow a matcher down: each repeats what one of the detectors begins to match and never finishes. */
export const hostileUnits: readonly string[] = [
  '@', 'a.', 'a@b.', '"a@', 'x at y dot ', '1-', '12-34-56 ', '0', '+1 (', 'A1', 'Anna ', 'Anna Maria, ', 'patient ', 'name: a', 'Dr. ',
  'J. ', 'DOE^', 'born 1 Jan ', '12 Oak ', '1 rue a ', 'calle de la ', '/home/', 'C:\\Users\\', 'a\\', 'password', 'eyJ', 'DE89 3704 ', 'patient has a ', 'Patient ID A', '99 ', 'é ',
] // prettier-ignore

/** One of them, `megabytes` long (2^20 UTF-16 code units each). */
export const hostileText = (unit: string, megabytes: number): string =>
  unit.repeat(Math.ceil((megabytes * 2 ** 20) / unit.length))
