import type { Random } from '../kit/random.ts'

/** What service engineers write in logs and notes: ordinary words, numbers and units, nothing of a person. */
const SUBJECTS =
  'the reagent chiller,the flow cell heater,camera board two,the vacuum pump,the left syringe,the waste sensor,the autofocus,the stage,the buffer cartridge,the network share'.split(
    ',',
  )
const VERBS =
  'was slow to settle,reported a warning,reached its setpoint,was replaced,needed another wash,drifted a little,passed its check,timed out once,looked normal,was recalibrated'.split(
    ',',
  )
const ENDINGS =
  'before the second cycle,while imaging,after the firmware update,during priming,at the end of the read,in the morning,under load,without any other symptom,as on the week before,when the door was opened'.split(
    ',',
  )

const sentence = (random: Random): string => {
  const measure = random.chance(0.4) ? ` (${(random.next() * 90).toFixed(1)} C, ${random.below(900)} ms)` : ''
  const words = `${random.pick(SUBJECTS)} ${random.pick(VERBS)} ${random.pick(ENDINGS)}${measure}.`
  return words[0]!.toUpperCase() + words.slice(1)
}

/** Free text of about `size` characters. */
export const prose = (size: number, random: Random): string => {
  const sentences: string[] = []
  for (let length = 0; length < size; length += sentences.at(-1)!.length + 1) sentences.push(sentence(random))
  return sentences.join(' ')
}
