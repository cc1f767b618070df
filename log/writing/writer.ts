import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { LogError } from '../log-error.ts'
import { decodeFrontier, encodeFrontier } from '../proofs/merkle.ts'
import { openStore } from './store.ts'
import type { Store } from './store.ts'
import type { AppendMessage, FromWriter, ToWriter } from './writer-messages.ts'

/**
 * The worker thread that writes the log. Group commit: whatever queued up during the last commit goes into the next one,
 * so that many requests share one fsync and no timer is needed. After a failed commit it refuses everything until told
 * to recover.
 */

/** Tickets that one transaction takes at most; bounds how long the first of them waits. */
const MAX_GROUP = 1_024

export type WriterData = { readonly directory: string; readonly maxBytes: number | null }

const { directory, maxBytes } = workerData as WriterData
const port = parentPort as MessagePort
const tell = (message: FromWriter): void => port.postMessage(message)

let store: Store | null = null
let limit = maxBytes

const codeOf = (fault: unknown): LogError['code'] => (fault instanceof LogError ? fault.code : 'ERR_LOG_FAILED')

const openLimited = (known: Parameters<typeof openStore>[1]): Store => {
  const opened = openStore(directory, known)
  opened.limit(limit)
  return opened
}

const stateOf = (store: Store) => ({ frontier: encodeFrontier(store.frontier()), held: store.held() })

const dropStore = (): void => {
  try {
    store?.close()
  } catch {
    // a connection that does not even close is no worse than one that does not commit
  }
  store = null
}

const commit = (messages: readonly AppendMessage[]): void => {
  const tickets = messages.map(({ ticket }) => ticket)
  try {
    if (store === null) return tell({ kind: 'failed', tickets })
    const firsts = store.commit(messages.map(({ group }) => group))
    tell({ kind: 'committed', tickets, firsts, ...stateOf(store) })
  } catch {
    dropStore()
    tell({ kind: 'failed', tickets })
  }
}

const recover = ({ known, gap }: Extract<ToWriter, { kind: 'recover' }>): void => {
  dropStore()
  try {
    store = openLimited(decodeFrontier(known))
    store.commit([[{ record: gap, sealed: null }]])
    tell({ kind: 'recovered', ...stateOf(store) })
  } catch (fault) {
    dropStore()
    tell({ kind: 'unrecovered', code: codeOf(fault) })
  }
}

const drop = ({ ticket, before }: Extract<ToWriter, { kind: 'drop' }>): void => {
  try {
    if (store === null) return tell({ kind: 'failed', tickets: [ticket] })
    store.drop(before)
    tell({ kind: 'dropped', ticket })
  } catch {
    dropStore()
    tell({ kind: 'failed', tickets: [ticket] })
  }
}

const close = (): void => {
  dropStore()
  port.close()
}

const setLimit = (bytes: number | null): void => {
  limit = bytes
  store?.limit(bytes)
}

const obey = (message: Exclude<ToWriter, AppendMessage>): void => {
  switch (message.kind) {
    case 'recover':
      return recover(message)
    case 'drop':
      return drop(message)
    case 'limit':
      return setLimit(message.bytes)
    case 'close':
      return close()
  }
}

/** Takes everything that is queued, in order: runs of appends as groups, the rest one by one. */
const drain = (first: ToWriter): void => {
  let group: AppendMessage[] = []
  const flush = (): void => {
    if (group.length > 0) commit(group)
    group = []
  }
  for (let next: ToWriter | undefined = first; next !== undefined; next = receive()) {
    if (next.kind === 'append') group.push(next)
    else {
      flush()
      obey(next)
    }
    if (group.length === MAX_GROUP) flush()
  }
  flush()
}

const receive = (): ToWriter | undefined => receiveMessageOnPort(port)?.message as ToWriter | undefined

try {
  store = openLimited(null)
  port.on('message', drain)
  tell({ kind: 'ready', ...stateOf(store) })
} catch (fault) {
  const message = fault instanceof LogError ? fault.message : 'the log cannot be opened for writing'
  tell({ kind: 'refused', code: codeOf(fault), message })
}
