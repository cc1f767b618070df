import { openLogReader, type LogReader } from '../../log/reading/query.ts'
import type { LogRecord } from '../../log/record.ts'
import type { SpoolRow } from '../../log/spool/spool-rows.ts'
import { callControl } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import type { Pauses } from '../../proxy/spool/backoff.ts'
import type { SpoolResult } from '../../proxy/spool/spool-desk.ts'
import type { Reachable } from './appliance.ts'
import { postJson, sendRaw, type RawAnswer } from './raw-client.ts'
import { testPolicy } from './test-policy.ts'
import { vendorAuthority } from './vendor.ts'

/** Attempts so close to each other that no test waits for them. */
export const soon: Pauses = { first: 10, longest: 20 }

/** Attempts so far from each other that a test makes only the first. */
export const never: Pauses = { first: 3_600_000, longest: 3_600_000 }

type Terms = { readonly promise?: string; readonly expires?: string; readonly idempotencyKey?: boolean }

const body = {
  kind: 'json',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      serial: { type: 'integer', minimum: 0, maximum: 1_000_000 },
      note: { type: 'string', pattern: '^[A-Za-z0-9 ]*$', maxLength: 60_000 },
    },
  },
}

const route = (id: string, spool: Terms) => ({
  id,
  destination: 'vendor',
  method: 'POST',
  path: `/v1/${id}`,
  body,
  upgradeInsecure: true,
  delivery: 'spool',
  spool,
})

/** The policy of the tests with two further routes: `once` spools at most once, `again` at least once and with a key. @param more - of both */
export const spoolPolicy = (vendorPort: number, more: object = {}): string => {
  const policy = JSON.parse(testPolicy(vendorPort)) as { readonly routes: readonly object[] }
  const again = { promise: 'at-least-once', idempotencyKey: true }
  return JSON.stringify({
    ...policy,
    routes: [...policy.routes, { ...route('once', {}), ...more }, { ...route('again', again), ...more }],
  })
}

/** The same with a schema under which nothing of the tests fits any more. */
export const stricterPolicy = (vendorPort: number): string =>
  spoolPolicy(vendorPort, {
    body: { ...body, schema: { ...body.schema, properties: { serial: { enum: [-1] } } } },
  })

export const postSerial = (
  appliance: Reachable,
  path: 'once' | 'again',
  serial: number,
  options: { readonly from?: string; readonly note?: string } = {},
): Promise<RawAnswer> => {
  const { from, note } = options
  const text = JSON.stringify({ serial, ...(note !== undefined && { note }) })
  return sendRaw(appliance, postJson(`/v1/${path}`, text), from === undefined ? {} : { from })
}

/** Ids of what was accepted. */
export const idOf = (answer: RawAnswer): string => answer.fields['sluice-decision'] ?? ''

export const activate = (folder: DataFolder, text: string) =>
  callControl(folder.control, 'POST /activations', {
    text,
    references: { 'vendor-ca.pem': vendorAuthority.pem },
    cause: 'activate',
    actor: 'ada',
  })

export const decideOn = async (
  folder: DataFolder,
  action: 'retry' | 'drop',
  decision: string,
): Promise<SpoolResult & { readonly code?: string }> => {
  const request = { action, decision, actor: 'os:ada', because: 'asked the vendor, ticket 4711' }
  return (await callControl(folder.control, 'POST /spool', request)).document as SpoolResult
}

/** What the log says of what waits. */
export const spoolLog = (t: { readonly teardown: (done: () => void) => void }, folder: DataFolder) => {
  let opened: LogReader | null = null
  t.teardown(() => opened?.close())
  const reader = (): LogReader => (opened ??= openLogReader(folder.log))
  const recordsOf = (decision: string): readonly LogRecord[] =>
    reader()
      .show(decision)
      .map(({ record }) => record)
  return {
    rows: (): readonly SpoolRow[] => reader().spoolList(),
    stateOf: (decision: string): string | null => reader().spoolList({ ids: [decision] })[0]?.state ?? null,
    recordsOf,
    /** Kinds of all records about a decision, in their order. */
    story: (decision: string): readonly string[] => recordsOf(decision).map(({ kind }) => kind),
  }
}
