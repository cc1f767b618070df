import type { TextDetector } from '../detector.ts'
import { labelledNumber } from './parts/labelled-number.ts'

/** Devices that a person wears or carries: those of the laboratory have serial numbers too, and may say so. */
const device =
  "(?:pacemakers?|defibrillators?|implants?|implantable|prosthesis|hearing ?aids?|insulin ?pumps?|glucose ?(?:meter|monitor)s?|stents?|patient['’]?s?[ _]?devices?|stimulateur(?: cardiaque)?|proth[eè]se|herzschrittmacher|schrittmacher|implantat|prothese|marcapasos|pr[oó]tesis|implante|protesi)"

const { needs, find } = labelledNumber([
  `${device}[ _-]?(?:(?:device[ _]?)?(?:serial(?:[ _]?(?:no|nr|num|number))?|s/n|sn|id|identifier|udi|seriennummer|serien-nr))`,
  "num[eé]ro de s[eé]rie (?:du |de la |de l['’]|del |de )(?:stimulateur|proth[eè]se|implant|marcapasos|pr[oó]tesis|implante)",
  'imei',
  'imsi',
  'iccid',
  'msisdn',
])

export const patientDevice = {
  kind: 'text',
  id: 'patient-device',
  title: 'Identifier of a device that a person wears or carries',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(M): device identifiers and serial numbers; 3GPP TS 23.003 (IMEI, IMSI)',
  needs,
  find,
  examples: {
    match: [
      'pacemaker serial number PM-4411882',
      'IMEI: 490154203237518',
      'Herzschrittmacher Seriennummer 8812044',
      { text: 'PM-4411882', keys: ['implantSerial'] },
    ],
    noMatch: [
      '490154203237518',
      'pump serial 4411882',
      { text: 'A00187', keys: ['deviceId'] },
      { text: '4411882', keys: ['serialNumber'] },
    ],
  },
} as const satisfies TextDetector
