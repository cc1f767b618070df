import type { TextDetector } from '../detector.ts'
import { labelledNumber } from './parts/labelled-number.ts'

const holder =
  "(?:driver['’]?s?|driving|drivers|medical|nursing|nurse|pharmacy|pharmacist|physician|professional|pilot|marriage|birth|death)"

const { needs, find } = labelledNumber([
  `${holder}[ _]?(?:licen[cs]es?|certificates?)(?:[ _]?(?:id|no|num|number|#))?`,
  'licen[cs]e[ _]?plate',
  'dl ?(?:no|num|number|#)',
  'dea ?(?:no|num|number|#)',
  'npi',
  'permis (?:de )?conduire',
  'num[eé]ro (?:de )?permis(?: de conduire)?',
  'f[uü]hrerschein(?:[ -]?(?:nummer|nr))?',
  'approbation(?:snummer|s-nr)',
  '(?:carn[eé]|permiso|licencia) de conduc(?:ir|ci[oó]n)',
  '(?:n[uú]mero de )?colegiad[oa]',
  'patente(?: di guida)?',
  'k[oö]rkort(?:snummer)?',
  'f[oø]rerkort(?:nummer)?',
  'k[oø]rekort(?:nummer)?',
  'ajokortti',
])

export const licenceNumber = {
  kind: 'text',
  id: 'licence-number',
  title: 'Licence or certificate number of a person',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(K): certificate/license numbers',
  needs,
  find,
  examples: {
    match: [
      "driver's license number S1234567",
      'DL# 94432177',
      'permis de conduire n° 881204477',
      'Führerscheinnummer: B072RRE2I55',
      { text: 'S123-4567-8901', keys: ['drivingLicence'] },
    ],
    noMatch: [
      'S1234567',
      'license expires in 365 days',
      'the driver 4.18.1200 was loaded',
      { text: '20241231', keys: ['softwareLicense'] },
      { text: '4.18.1200', keys: ['driverVersion'] },
    ],
  },
} as const satisfies TextDetector
