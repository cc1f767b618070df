import { validate } from 'stdnum/lib/cjs/fr/nir.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Sex, year, month (20 and above: month unknown), department (Corsica 2A and 2B), commune, order, key. */
const shape =
  '[1-478][ .-]?\\d{2}[ .-]?(?:0[1-9]|1[0-2]|[2-9]\\d)[ .-]?(?:\\d{2}|2[AB])[ .-]?\\d{3}[ .-]?\\d{3}[ .|/-]{0,3}\\d{2}'

export const frNir = numberedId({
  id: 'fr-nir',
  title: "Numéro d'inscription au répertoire, numéro de sécurité sociale (France)",
  source: 'https://www.service-public.fr/particuliers/vosdroits/F33078 (key: 97 less the remainder of division by 97)',
  candidate: whole(shape, 'i'),
  form: { digits: 14, digitLed: 1 },
  sure: [{ digitGroups: 15 }, { digits: 14, letters: 1, looks: [/^0{1,6}A0{0,8}$/] }],
  valid: compact => validate(compact).isValid,
  alone: (written, compact) => /\D/.test(written) || /[AB]/.test(compact),
  keyword: keywords(
    'nir',
    'insee',
    'ins',
    'num(?:ero)? ?(?:de )?secu(?:rite)?(?: ?sociale)?',
    'securite ?sociale',
    'secu',
    'n[°o] ?ss',
    'nss',
    'carte vitale',
    'immatriculation',
    'social ?security(?: ?(?:no|num|number))?',
  ),
  examples: {
    match: [
      '2 80 05 75 123 456 74',
      'numéro de sécurité sociale 280057512345674',
      { text: '280057512345674', keys: ['numeroSecu'] },
    ],
    noMatch: ['2 80 05 75 123 456 75', '280057512345674', { text: '280057512345674', keys: ['clusterCount'] }],
  },
})
