import { isMap, isSeq, parseDocument, stringify, type Document, type YAMLMap, type YAMLSeq } from 'yaml'
import { canonicalize, type JsonValue } from '../canonical.ts'
import type { SuggestedException } from './suggest-exceptions.ts'

/**
 * A policy with further exceptions, in which every other character is as it was: comments, order and layout are its author's.
 * @param text - a policy, in YAML or JSON
 * @returns null where that cannot be done by adding text in one place, such as after an anchor
 */
export const insertExceptions = (text: string, exceptions: readonly SuggestedException[]): string | null => {
  const document = parseDocument(text)
  const insertion = document.errors.length === 0 ? insertionFor(document, text, exceptions) : null
  if (insertion === null) return null
  const fresh = text.slice(0, insertion.at) + insertion.added + text.slice(insertion.at)
  return isExactly(fresh, document, exceptions) ? fresh : null
}

type Insertion = { readonly at: number; readonly added: string }

const insertionFor = (
  document: Document.Parsed,
  text: string,
  exceptions: readonly SuggestedException[],
): Insertion | null => {
  const root = document.contents
  if (!isMap(root)) return null
  const list: unknown = root.get('exceptions', true)
  if (isSeq(list)) return list.flow === true ? intoFlow(list, text, exceptions) : intoBlock(list, text, exceptions)
  if (root.has('exceptions')) return null
  return root.flow === true ? intoFlowRoot(root, text, exceptions) : atEnd(text, exceptions)
}

/** `[`, or `,` between: JSON is YAML. */
const intoFlow = (list: YAMLSeq, text: string, exceptions: readonly SuggestedException[]): Insertion => {
  const at = text.lastIndexOf(']', endOf(list) - 1)
  const items = exceptions.map(exception => JSON.stringify(exception)).join(', ')
  return list.items.length === 0 ? { at, added: items } : { at, added: `, ${items}` }
}

const intoFlowRoot = (root: YAMLMap, text: string, exceptions: readonly SuggestedException[]): Insertion => {
  const at = text.lastIndexOf('}', endOf(root) - 1)
  return { at, added: `${root.items.length === 0 ? '' : ', '}"exceptions": ${JSON.stringify(exceptions)}` }
}

/** Behind the last item, at the column of its dash; comments between it and what follows stay with what follows. */
const intoBlock = (list: YAMLSeq, text: string, exceptions: readonly SuggestedException[]): Insertion | null => {
  const last = list.items.at(-1) as { readonly range?: readonly number[] | null } | undefined
  const start = list.range?.[0]
  const valueEnd = last?.range?.[1]
  if (start === undefined || valueEnd === undefined) return null
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1)
  return onNewLine(text, lineEnd(text, valueEnd), indent, exceptions)
}

const atEnd = (text: string, exceptions: readonly SuggestedException[]): Insertion => {
  const { at, added } = onNewLine(text, text.length, 2, exceptions)
  const isOnNewLine = added.startsWith('\n')
  return { at, added: isOnNewLine ? `\n\nexceptions:${added}` : `\nexceptions:\n${added}` }
}

const onNewLine = (text: string, at: number, indent: number, exceptions: readonly SuggestedException[]): Insertion => {
  const spaces = ' '.repeat(indent)
  const items = stringify(exceptions, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map(line => `${spaces}${line}\n`)
    .join('')
  return { at, added: at === 0 || text[at - 1] === '\n' ? items : `\n${items}` }
}

/** The end of the line in which something ends, with its line break; a comment behind it belongs to it. */
const lineEnd = (text: string, offset: number): number => {
  if (text[offset - 1] === '\n') return offset
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end + 1
}

const endOf = ({ range }: YAMLSeq | YAMLMap): number => range![1]

/** Whoever reads the new text must find the old policy, and behind its exceptions these. */
const isExactly = (text: string, before: Document.Parsed, exceptions: readonly SuggestedException[]): boolean => {
  const after = parseDocument(text)
  if (after.errors.length > 0) return false
  const old = before.toJS() as { readonly exceptions?: readonly JsonValue[] }
  const wanted = { ...old, exceptions: [...(old.exceptions ?? []), ...exceptions] }
  return canonicalize(after.toJS() as JsonValue) === canonicalize(wanted)
}
