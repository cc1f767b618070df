import { diagnose, diagnoses, refusalOf, type Diagnosis, type Refusal } from './handshake-diagnosis.ts'

/** A TLS conversation of an instrument with us. */
export type Conversation = {
  readonly client: string
  /** Null for an address that is no instrument's. */
  readonly instrument: string | null
  /** Whose name our certificate was for: a host of the policy, or null for the appliance itself. */
  readonly host: string | null
  /** SHA-256 of what has to be trusted for it. */
  readonly anchor: string
}

/** What is known of one instrument (or address) and one host since the start. */
export type HandshakeStatus = Pick<Conversation, 'instrument' | 'client' | 'host'> & {
  readonly diagnosis: Diagnosis
  readonly meaning: string
  readonly todo: string
  /** Connections that brought a request, and those that were refused or left. */
  readonly trusted: number
  readonly refused: number
  /** OpenSSL's name of the last refusal, such as `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`; `left` and `hung-up` where there was none. */
  readonly code: string
  readonly last: string
}

/** Told at once when something new is learnt of an instrument and a host, and once an hour while it goes on. */
export type HandshakeNotice = HandshakeStatus & { readonly kind: 'handshake-failed' }

/** What became of the conversations of one caller with one host. */
export type Seen = {
  readonly host: string | null
  trusted: number
  /** Under which authority a request came last, if any ever did. */
  trustedAnchor: string | null
  refused: number
  refusal: Refusal | null
  /** What had to be trusted when it was refused last. */
  refusedAnchor: string | null
  /** Whether a request came after the last refusal. */
  isResolved: boolean
}

type Entry = Seen & {
  client: string
  readonly instrument: string | null
  code: string
  last: number
  told: { readonly at: number; readonly diagnosis: Diagnosis } | null
}

const HOUR_MS = 3_600_000
/** Addresses that are no instrument's, of which the least recently seen is forgotten: anybody in the lab can connect. */
const MAX_STRANGERS = 64

/**
 * Counts, for each instrument and host, who takes our certificates and who does not, as far as that can be told from TLS. In memory only:
 * a restart begins anew.
 */
export class Handshakes {
  readonly #entries = new Map<string, Entry>()
  readonly #refusals = new Map<string | null, number>()
  readonly #notify: (notice: HandshakeNotice) => void

  constructor(notify: (notice: HandshakeNotice) => void) {
    this.#notify = notify
  }

  /** A request came: so the client took our certificate. */
  trusted(conversation: Conversation): void {
    const entry = this.#entryOf(conversation)
    entry.trusted++
    entry.trustedAnchor = conversation.anchor
    entry.isResolved = true
  }

  /** @param code - OpenSSL's, or `left` for a client that went away without a request, `hung-up` for one amid the handshake */
  refused(conversation: Conversation, code: string): void {
    const entry = this.#entryOf(conversation)
    const { instrument } = conversation
    this.#refusals.set(instrument, (this.#refusals.get(instrument) ?? 0) + 1)
    entry.refused++
    Object.assign(entry, { refusal: refusalOf(code), refusedAnchor: conversation.anchor, code, isResolved: false })
    entry.last = Date.now()
    this.#tell(entry)
  }

  /** Those that have been refused, the last one first. */
  status(): readonly HandshakeStatus[] {
    const entries = [...this.#entries.values()].filter(({ refused }) => refused > 0)
    return entries.toSorted((a, b) => b.last - a.last).map(entry => this.#statusOf(entry))
  }

  /** Instruments that took our certificate for every host they asked for last. */
  trusting(): readonly string[] {
    const known = [...this.#entries.values()].filter(({ instrument }) => instrument !== null)
    const refusing = new Set(known.filter(({ isResolved }) => !isResolved).map(({ instrument }) => instrument))
    return [...new Set(known.map(({ instrument }) => instrument!))].filter(id => !refusing.has(id))
  }

  /** How often each instrument refused; under null those that are none, also the forgotten. */
  get refusals(): ReadonlyMap<string | null, number> {
    return this.#refusals
  }

  #entryOf({ client, instrument, host }: Conversation): Entry {
    const key = `${instrument ?? client} ${instrument === null} ${host}`
    const entry = this.#entries.get(key) ?? newEntry(client, instrument, host)
    entry.client = client
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (instrument === null) this.#forgetStrangers()
    return entry
  }

  #forgetStrangers(): void {
    const strangers = [...this.#entries].filter(([, { instrument }]) => instrument === null)
    for (const [key] of strangers.slice(0, -MAX_STRANGERS)) this.#entries.delete(key)
  }

  #statusOf(entry: Entry): HandshakeStatus {
    const { instrument, client, host, trusted, refused, code, last } = entry
    const others = [...this.#entries.values()].filter(
      other => other !== entry && (instrument === null ? other.client === client : other.instrument === instrument),
    )
    const diagnosis = diagnose(entry, others)
    const common = { instrument, client, host, diagnosis, ...diagnoses[diagnosis] }
    return { ...common, trusted, refused, code, last: new Date(last).toISOString() }
  }

  #tell(entry: Entry): void {
    const status = this.#statusOf(entry)
    const { told } = entry
    if (told && told.diagnosis === status.diagnosis && entry.last - told.at < HOUR_MS) return
    entry.told = { at: entry.last, diagnosis: status.diagnosis }
    this.#notify({ kind: 'handshake-failed', ...status })
  }
}

const newEntry = (client: string, instrument: string | null, host: string | null): Entry => ({
  client,
  instrument,
  host,
  trusted: 0,
  trustedAnchor: null,
  refused: 0,
  refusal: null,
  refusedAnchor: null,
  isResolved: false,
  code: '',
  last: 0,
  told: null,
})
