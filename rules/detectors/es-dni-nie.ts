import { validate as validateDni } from 'stdnum/lib/cjs/es/dni.js'
import { validate as validateNie } from 'stdnum/lib/cjs/es/nie.js'
import { keywords } from './parts/context.ts'
import { numberedId, whole } from './parts/numbered-id.ts'

/** Eight digits that read as a day of 1900 to 2099 (YYYYMMDD), as stamps and run identifiers have them. */
const date = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])/

/** How the word that ends in the check letter looks, whatever stands between the groups. */
const look = /^(?:A?0{7}A|0{8}A|0{3}A|0{6}A|A)$/

export const esDniNie = numberedId({
  id: 'es-dni-nie',
  title: 'DNI or NIE (Spain)',
  source: 'https://www.interior.gob.es/opencms/es/servicios-al-ciudadano/tramites-y-gestiones/dni/ (modulus 23)',
  candidate: whole('(?:\\d{2}[. ]?\\d{3}[. ]?\\d{3}|[XYZ][- ]?\\d{7})[- ]?[A-Z]', 'i'),
  form: { digits: 7, looks: [look] },
  sure: [{ digits: 7, upper: 1, looks: [look] }],
  valid: compact => (/^[XYZ]/.test(compact) ? validateNie(compact) : validateDni(compact)).isValid,
  alone: (written, compact) => /[A-Z]$/.test(written) && !/^\d{2}[ ]|\d [A-Z]$/.test(written) && !date.test(compact),
  keyword: keywords('dni', 'nie', 'nif', 'd ?n ?i', 'documento(?: nacional)?(?: de identidad)?', 'identidad', 'cedula'),
  examples: {
    match: ['48210573C', '48.210.573-C', 'Y4821057H', 'DNI 48210573 c', { text: '48210573c', keys: ['dni'] }],
    noMatch: ['48210573D', '48210573', '20231108Z', 'Y4821057J'],
  },
})
