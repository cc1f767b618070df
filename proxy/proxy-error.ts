/** A fault of the appliance. The message never holds anything of a payload. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code: ProxyErrorCode
  constructor(code: ProxyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type ProxyErrorCode = keyof typeof hints

/** What an IT person can do about each fault. */
export const hints = {
  ERR_LISTEN_ADDRESS: 'give the address of the lab-side network card, for example --listen 10.77.1.10:8443',
  ERR_LISTEN_WILDCARD:
    'give the one address of the lab-side network card: 0.0.0.0 and :: would listen on the internet side too',
  ERR_LISTEN_PUBLIC: 'the appliance listens on private addresses only: give that of the lab-side network card',
  ERR_LISTEN_UNAVAILABLE: 'use an address that this machine has ("ip address" lists them) and a port that is free',
  ERR_POLICY_UNREADABLE: 'check the path and the permissions of the policy file, or run "sluice init"',
  ERR_POLICY_INVALID:
    'correct the lines named above, then try again; "sluice rules check" reads the policy without starting anything',
  ERR_POLICY_COPY:
    'restore the folder "policies" of the data folder from a backup; or move it away, and the next start takes the policy file',
  ERR_POLICY_NOT_COPIED:
    'see that the disk has room, and that the appliance may write to the folder, then activate again',
  ERR_BUNDLE_KEY:
    'put the public key of who signs into the data folder, and its name under "bundles.key" in appliance.yaml; then start the appliance again',
  ERR_BUNDLE_FORGED:
    'ask who made it for the bundle again, and for the key with which it was signed; do not use this one',
  ERR_BUNDLE_EXPIRED: 'get the newest bundle: one that is kept back until it has expired may hide a newer one',
  ERR_BUNDLE_OLDER:
    'get the newest bundle; to go back to an older policy, have it signed again under a new serial number',
  ERR_BUNDLE_REQUIRED:
    'have the policy signed, and run "sluice rules bundle apply"; "bundles.required" in appliance.yaml asks for it',
  ERR_BUNDLE_SOURCE: 'correct "bundles" in appliance.yaml (docs/fleet.md describes it), then start the appliance again',
  ERR_BUNDLE_STATUS:
    'ask who runs the server of the bundles: the file has to be answered with 200 at the very URL of "bundles.url", and not elsewhere',
  ERR_BUNDLE_UNFIT:
    'run "sluice rules bundle verify" with --extract, then "sluice rules lint" and "sluice rules test" on what is in it; have a corrected one signed',
  ERR_BUNDLE_UNASKED:
    'it is fetched again by itself once traffic goes on and the log can be written: see "sluice status"',
  ERR_ACTIVATION_REQUEST: 'use the same version of sluice for the command and the appliance',
  ERR_ACTIVATION_UNRECORDED: 'see "sluice status" for what is wrong with the log, then activate again',
  ERR_CA_TOO_NARROW:
    'run "sluice certs ca new", have every instrument trust the new CA certificate, then run "sluice certs ca activate"',
  ERR_CA_REQUEST: 'use the same version of sluice for the command and the appliance',
  ERR_CA_UNRECORDED: 'see "sluice status" for what is wrong with the log; the next step or start records the change',
  ERR_UPSTREAM_FILES:
    'put the file in order in the folder "upstream" of the data folder ("sluice doctor" says how), then try again',
  ERR_PROXY_CREDENTIALS: 'put name:password of an account of the proxy on one line into the file, and "chmod 600" it',
  ERR_SETTINGS_UNREADABLE: 'check the file and its permissions, or move the data folder away and run "sluice init"',
  ERR_SETTINGS_INVALID:
    'correct the file: it holds "listen", "labNetworks", "names", "policy", "anchors", "limits", "held", "spool", "reviews", "bundles" and "metrics" and nothing else',
  ERR_REVIEW_REQUEST: 'use the same version of sluice for the command and the appliance',
  ERR_REVIEW_UNKNOWN: 'run "sluice blocked list" for the payloads that are held',
  ERR_REVIEW_UNRECORDED: 'see "sluice status" for what is wrong with the log; nothing was sent',
  ERR_NO_POLICY: 'start the appliance once with "sluice serve", so that a policy is in force',
  ERR_CONTROL_MODE:
    'chown the data folder to the user of the appliance and chmod it to 700, on a file system that keeps owners and modes',
  ERR_CONTROL_PATH: 'use a data folder with a shorter path (--data)',
  ERR_CONTROL_UNAVAILABLE: 'another appliance may be running on this data folder: see "sluice status"',
  ERR_CONTROL_UNREACHABLE: 'start the appliance with "sluice serve" on the same data folder (--data)',
  ERR_PAUSE_REQUEST: 'use the same version of sluice for the command and the appliance',
  ERR_PAUSE_INSTRUMENT: 'name an instrument by its id in the policy; "sluice status" lists what is paused',
  ERR_PAUSE_UNRECORDED:
    'a pause is in force until the process ends, what was to be resumed stays paused; see "sluice status", then run the command again',
  ERR_SPOOL_KEY:
    'restore the file from a backup, mode 600: what waits is sealed under it; or, where it is lost, run "sluice spool drop" for what waits, and the next start makes a new key',
  ERR_SPOOL_UNKNOWN:
    'run "sluice spool list" for what waits; what was delivered or dropped is gone, and "sluice log show" tells of it',
  ERR_SPOOL_REQUEST: 'use the same version of sluice for the command and the appliance',
  ERR_SPOOL_UNRECORDED: 'see "sluice status" for what is wrong with the log; nothing was changed',
  ERR_NO_REVIEWER: 'run "sluice init", or put the public key of a reviewer into the reviewers folder',
} satisfies Record<string, string>
