import { read, type Leak } from '../kit/leak.ts'

const fullWidth = (text: string): string =>
  Array.from(text, letter => String.fromCodePoint(letter.codePointAt(0)! + 0xfee0)).join('')

export const leak: Leak = {
  name: 'a read in full-width letters',
  detector: 'nucleotide-run',
  body: { message: fullWidth(read) },
}
