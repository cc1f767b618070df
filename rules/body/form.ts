import { parseQuery, writeQuery } from '../query.ts'

type Values = Readonly<Record<string, string>>

export type FormLimits = {
  /** Pairs. */
  readonly maxMembers: number
  /** UTF-16 code units of one value. */
  readonly maxStringLength: number
}

export type FormReading =
  { readonly ok: true; readonly values: Values } | { readonly ok: false; readonly rule: 'form' | keyof FormLimits }

/**
 * Reads `name=value` pairs (WHATWG URL, application/x-www-form-urlencoded) as strictly as a query: `form` where readers differ.
 * @see ../query.ts
 */
export const readForm = (text: string, limits: FormLimits): FormReading => {
  if (text.split('&', limits.maxMembers + 1).length > limits.maxMembers) return { ok: false, rule: 'maxMembers' }
  const values = parseQuery(text)
  if (values === null) return { ok: false, rule: 'form' }
  const isLong = Object.values(values).some(value => value.length > limits.maxStringLength)
  return isLong ? { ok: false, rule: 'maxStringLength' } : { ok: true, values }
}

/** Writes inspected values, a space as `%20`. */
export const writeForm = (values: Values): string => writeQuery(values).slice(1)

/** Whether a text is what a serializer writes for the values in this order: ours, or that of the WHATWG URL standard. */
export const isPlainForm = (text: string, values: Values): boolean =>
  text === writeForm(values) || text === new URLSearchParams({ ...values }).toString()
