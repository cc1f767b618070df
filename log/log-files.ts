import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The files of a log, all in one folder. */
export type LogFiles = {
  /** SQLite database; `-wal` and `-shm` stand beside it. */
  readonly database: string
  /** SQLite file whose exclusive lock marks the one writer. Never open it in any other way: closing would drop the lock. */
  readonly lock: string
  /** Ed25519 private key (PKCS#8 PEM, 0600) that signs checkpoints. */
  readonly signingKey: string
  /** Its public half, as the text form of a signed note's verifier key. */
  readonly verifierKey: string
  /** 32 octets (0600) that key the digests of bodies. */
  readonly digestKey: string
  /** Room that is kept for the records of refusals on a full disk; holds nothing. See `disk-watch.ts`. */
  readonly ballast: string
  /** Folder of sealed segments: read-only SQLite files, see `segments.ts`. */
  readonly segments: string
}

export const logFiles = (directory: string): LogFiles => ({
  database: join(directory, 'decisions.sqlite'),
  lock: join(directory, 'writer.lock'),
  signingKey: join(directory, 'checkpoint.key'),
  verifierKey: join(directory, 'checkpoint.pub'),
  digestKey: join(directory, 'digest.key'),
  ballast: join(directory, 'ballast'),
  segments: join(directory, 'segments'),
})

/** Whether the folder holds a log or any part of one. */
export const hasLog = (directory: string): boolean => Object.values(logFiles(directory)).some(file => existsSync(file))
