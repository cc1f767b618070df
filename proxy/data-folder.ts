import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where an appliance keeps what it needs: one folder, of which only the log, the copies of policies, the control socket and, when the
 * authority is exchanged, its folder are written to in service. */
export type DataFolder = {
  readonly root: string
  /** Listen address, own names, policy file. */
  readonly settings: string
  /** The lab's certificate authority. */
  readonly authority: string
  /** Public keys of the reviewers; their private keys belong elsewhere. */
  readonly reviewers: string
  readonly log: string
  /** What is shown to destinations, or told of them: client certificates with keys, revocation lists, proxy credentials. */
  readonly upstream: string
  /** Copies of the policies that came into force. */
  readonly policies: string
  /** Unix socket, 0600. */
  readonly control: string
}

export const dataFolder = (root: string): DataFolder => ({
  root,
  settings: join(root, 'appliance.yaml'),
  authority: join(root, 'ca'),
  reviewers: join(root, 'reviewers'),
  log: join(root, 'log'),
  upstream: join(root, 'upstream'),
  policies: join(root, 'policies'),
  control: join(root, 'control.sock'),
})

/** Whether an appliance was set up there: its settings are written last. */
export const isSetUp = (folder: DataFolder): boolean => existsSync(folder.settings)
