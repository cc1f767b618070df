import { reviewerKeys } from '../../cli/review/reviewer-keys.ts'
import { unsealHeld } from '../../cli/review/held.ts'
import { openLogReader } from '../../log/reading/query.ts'
import { readCase, type ReviewCase } from '../../log/review/case.ts'
import type { Rail } from '../../proxy/review/review-rails.ts'
import type { State } from '../../log/review/states.ts'
import { callControl } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import type { ReviewResult } from '../../proxy/review/review-desk.ts'
import type { Reachable } from './appliance.ts'
import { postJson, sendRaw } from './raw-client.ts'

/** What no policy takes, but people may let out. */
export const read = 'GATTACAGATTACAGGATCCATTGACCATGACCTGA'

/** Sends what is blocked. @returns id of the decision */
export const block = async (appliance: Reachable, body: object = { serial: 1, note: read }): Promise<string> =>
  (await sendRaw(appliance, postJson('/v1/serial', JSON.stringify(body)))).fields['sluice-decision']!

/** Asks the desk of a running appliance, as a command of a person would. */
export const desk = (folder: DataFolder) => {
  const ask = async (action: string, decision: string, more: object = {}): Promise<ReviewResult> => {
    const request = { action, decision, actor: 'os:ada', because: 'a lot number, ticket 4711', ...more }
    return (await callControl(folder.control, 'POST /reviews', request)).document as ReviewResult
  }
  const payloadOf = async (decision: string): Promise<string> =>
    Buffer.from(await unsealHeld(folder, decision, await reviewerKeys(folder, {}))).toString('base64')
  return {
    ask,
    payloadOf,
    /** Shown to ada and approved by her. */
    approve: async (decision: string, more: object = {}) => {
      await ask('show', decision)
      return ask('approve', decision, more)
    },
    /** By bob. */
    release: async (decision: string, more: object = {}) =>
      ask('release', decision, { actor: 'os:bob', payload: await payloadOf(decision), ...more }),
    replay: async (decision: string) => ask('replay', decision, { payload: await payloadOf(decision) }),
    caseOf: (decision: string): ReviewCase => {
      const reader = openLogReader(folder.log)
      try {
        return readCase(reader, decision)!
      } finally {
        reader.close()
      }
    },
  }
}

/** The rail that refused, or the state that it led to. */
export const endOf = (result: ReviewResult): Rail | State => (result.kind === 'refused' ? result.rail : result.state)
