/** Texts made to slow a matcher down: each repeats what one of the detectors begins to match and never finishes. */
const long = 'a'.repeat(300)
const hyphens = 'A-'.repeat(120)

export const hostileUnits: readonly string[] = [
  `1 rue ${long} `, `1 ${long.toUpperCase()} `, `1 A Street ${hyphens} `, `1 rue a ${hyphens} `, `Calle ${long} 4 `, `${hyphens}strasse `, `Patient: ${hyphens} `, `Patient ID ${hyphens}`, `eyJ${long}.`, `1 ${'9'.repeat(200)} `, `Anna ${hyphens} `, `patient has ${long} `, `${long}@${hyphens}.`, `a at ${hyphens} dot `,
  '1 rue a a a a a a a a, ', 'A B C D 1, 12345 ', '1 Oak Street, Ab Cd Ef, ',
  '@', 'a.', 'a@b.', '"a@', 'x at y dot ', '1-', '12-34-56 ', '0', '+1 (', 'A1', 'Anna ', 'Anna Maria, ', 'patient ', 'name: a', 'Dr. ',
  'J. ', 'DOE^', 'born 1 Jan ', '12 Oak ', '1 rue a ', 'calle de la ', '/home/', 'C:\\Users\\', 'a\\', 'password', 'eyJ', 'DE89 3704 ', 'patient has a ', 'Patient ID A', '99 ', 'é ',
] // prettier-ignore

/** Pieces that, repeated, bring the worst out of patterns and loops of the sequence detectors that look ahead. */
export const hostileSequences: readonly string[] = [
  'A-',
  'rs1234 ',
  '>a\n',
  '12M',
  '\t',
  'chr1:11:A',
  'ACGTRYN',
  '@a\nACGTACGT\n+\n',
  'MetLys',
  'I;FFFF:,#',
  '0123321',
  'abcde',
  '^!.,+1A',
  '1\t2\t3\t4\t5\t6\n',
  'r\t0\t1\t1\t1\t1\t9\t1,2,3',
  'MD:Z:1A1',
  'CYP2D6*',
  'm64011_190830_',
]

/** Likewise of the codings. */
export const hostileCodings: readonly string[] = [
  'A-',
  'QUJD',
  '4',
  '41 ',
  '%41',
  '{"',
  '["a",',
  '\\u0041',
  '&#6',
  '=41',
  'H4sI',
  'QUJDREVGR0hJSktM\n',
  'éＡ',
  'GEZDGNBV ',
  '2aB',
  '<~!!',
  '87cUR/',
  'ef12 ',
  'eoD enaJ ',
  '\u202e',
  '65,',
  '65 66 67 68 69 70 71 72 x',
]

/** One of them, `megabytes` long (2^20 UTF-16 code units each). */
export const hostileText = (unit: string, megabytes: number): string =>
  unit.repeat(Math.ceil((megabytes * 2 ** 20) / unit.length))
