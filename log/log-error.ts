/** A fault of the decision log or of sealing. The message never holds payload text, key material or a record's content. */
export class LogError extends Error {
  override readonly name = 'LogError'
  readonly code: LogErrorCode
  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type LogErrorCode = keyof typeof hints

/** What an IT person can do about each fault. */
export const hints = {
  ERR_LOG_EXISTS: 'this folder already holds a log, or a part of one: use it, or choose an empty folder',
  ERR_LOG_MISSING: 'there is no complete log in this folder: run "sluice init", or restore the folder from a backup',
  ERR_LOG_BUSY: 'another sluice process writes this log: stop it first; a log has exactly one writer',
  ERR_LOG_VERSION:
    'run the version of sluice that made it; or keep the data folder aside for audits with that version, and run "sluice init" on a new one',
  ERR_LOG_NOT_DURABLE: 'the database does not sync every commit to the disk: put the data folder on a local disk',
  ERR_LOG_DAMAGED: 'the end of the log is not what was signed: keep a copy of the folder and run "sluice log verify"',
  ERR_LOG_KEY: 'a key file of the log is missing, unreadable or not a key: restore it from a backup',
  ERR_LOG_ORIGIN: 'name the log like a host with a path, for example "sluice.lab.example/log": no spaces, no plus sign',
  ERR_LOG_SEGMENT:
    'restore the file in "log/segments" of the data folder from a backup, then run "sluice log verify": what is missing without a record is tampering',
  ERR_LOG_SEGMENTS_FULL:
    'purge the oldest segments ("sluice log purge"), once nobody needs them: SQLite cannot open more files at once',
  ERR_LOG_REDACT_KIND:
    'decisions, outcomes and reviews can be redacted; the log cannot be understood without the others',
  ERR_LOG_REDACT_SEALED:
    'the record is in a sealed segment, which nobody changes: "sluice log purge" deletes a segment as a whole',
  ERR_LOG_REDACT_HELD: 'delete the payload first, then redact the decision',
  ERR_LOG_PURGE_YOUNG: 'name a longer age: "--older-than 2192d" is six years',
  ERR_LOG_PURGE_CHANGED: 'run "sluice log purge --dry-run" again, look at the list, and confirm its token',
  ERR_LOG_UNREADABLE: 'the database cannot be read: check the owner of the data folder, then run "sluice log verify"',
  ERR_LOG_QUEUE_FULL: 'decisions arrive faster than the disk takes them: look for a slow or busy disk',
  ERR_LOG_ROLLED_BACK:
    'keep a copy of the data folder, and put its newest state back; where an older one was restored on purpose, move the anchors aside, which shows from then on',
  ERR_LOG_FAILED: 'the log could not be written, so nothing is let out: free disk space and check the data folder',
  ERR_LOG_CLOSED: 'the log was closed: start the appliance again',
  ERR_LOG_RECORD: 'a record has a field that may not be in the log: this is a fault of sluice, please report it',
  ERR_REVIEW_STATE:
    'somebody else may have been quicker: see its state in "sluice blocked list", and what happened with "sluice log show"',
  ERR_CURSOR_BUSY: 'one process at a time uses a cursor: wait for it to end, or give each receiver a cursor of its own',
  ERR_CURSOR_UNREADABLE: 'name another file, or move this one away: records are then handed on from the start again',
  ERR_CURSOR_FOREIGN:
    'the log was replaced or rolled back since: run "sluice log verify" with an anchor; for another log begin a new cursor',
  ERR_SHIP_UNDELIVERED:
    'check that the receiver runs and is reached from here, and its certificate; nothing is lost meanwhile',
  ERR_SHIP_REJECTED: 'look into the log of the receiver for the reason; what it rejected will be delivered again',
  ERR_SHIP_TARGET:
    'name it syslog+tls://host:6514 or https://host:4318/v1/logs (metrics: /v1/metrics); in the clear only http://localhost is taken',
  ERR_HELD_FULL:
    'look through the blocked payloads and purge what was judged, or raise the limits under "held" in appliance.yaml',
  ERR_SEAL_NO_REVIEWER: 'nobody could read the payload: make a reviewer key pair before blocking payloads are kept',
  ERR_SEAL_NOT_RECIPIENT: 'the payload was sealed for other reviewers: use one of their keys',
  ERR_SEAL_BROKEN: 'the sealed payload was altered, or belongs to another decision: run "sluice log verify"',
  ERR_SPOOL_BROKEN:
    'the spooled payload was altered, or sealed under another spool key: run "sluice log verify", and restore "spool.key" from a backup if it was replaced',
  ERR_REVIEWER_NAME: 'use 1 to 32 lower-case letters, digits and hyphens',
  ERR_REVIEWER_EXISTS: 'a reviewer of this name has a key already: choose another name',
  ERR_REVIEWER_KEY:
    'make a pair with "sluice keys reviewer new": the .pub file holds the public keys for the appliance, the .key file the private ones',
  ERR_REVIEWER_UNKNOWN: 'run "sluice keys reviewer list" for the reviewers of this appliance',
  ERR_REVIEWER_LAST: 'add the key of another reviewer first: blocked payloads have to be sealed for somebody',
  ERR_REVIEWER_SAME_KEY:
    'give each reviewer a pair of their own, made anew with "sluice keys reviewer new": one person under two names could approve twice',
  ERR_SIGNER_NAME: 'name it like a host, for example "policy.hospital.example": no spaces, no plus sign',
  ERR_SIGNER_EXISTS: 'choose another file, or move this one away: a key is never overwritten',
  ERR_SIGNER_KEY:
    'make a pair with "sluice rules bundle key": NAME.pub and NAME.key belong together, and side by side where one signs',
  ERR_PASSPHRASE_SHORT: 'take four or five words that nobody would guess together, or have a password manager make one',
  ERR_PASSPHRASE_WRONG: 'type it again; without the passphrase nobody can use the key, so keep it in a safe as well',
} satisfies Record<string, string>
