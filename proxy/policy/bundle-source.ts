import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { trustFor } from '../../certs/trust.ts'
import type { Destination } from '../../rules/policy.ts'
import { parseDestination } from '../../rules/policy/parse-destination.ts'
import type { DataFolder } from '../data-folder.ts'
import { ProxyError } from '../proxy-error.ts'
import { bundleInterval, type Settings } from '../settings.ts'

/** Where an appliance fetches its policy bundles, and how often. */
export type BundleSource = {
  /** As the settings spell it: https, without query, fragment or user. */
  readonly url: string
  readonly path: string
  /** Reached and trusted as the destinations of a policy are. */
  readonly destination: Destination
  /** Milliseconds from one request to the next. */
  readonly everyMs: number
}

/**
 * The source that the settings name; null when they name none.
 * @throws ProxyError `ERR_BUNDLE_SOURCE` when it cannot be used as it is described
 */
export const bundleSource = (folder: DataFolder, settings: Settings): BundleSource | null => {
  const { url, key, server } = settings.bundles
  if (url === null) return null
  if (key === null) throw unusable('it needs "key", without which no bundle is taken')
  const { hostname: host, port, pathname } = parsedUrl(url)
  const raw = { ...server, id: 'bundles', host, ...(port !== '' && { port: Number(port) }) }
  const reading = parseDestination(raw, reference => readText(resolve(folder.root, reference)))
  if (!reading.ok) throw unusable(`server: ${reading.problems.join('; ')}`)
  requireTrust(reading.destination)
  return { url, path: pathname, destination: reading.destination, everyMs: bundleInterval(settings) }
}

const parsedUrl = (url: string): URL => {
  const parsed = URL.parse(url)
  // such as a port that is too high, or an address in an odd notation
  if (parsed === null || parsed.href !== url) throw unusable('url: it is not written as it would be asked for')
  return parsed
}

/** A CA file or a pin that is none is better said at the start than every quarter of an hour. */
const requireTrust = ({ host, ca, pins }: Destination): void => {
  try {
    trustFor(host, { ...(ca !== null && { extraCaPem: ca }), pins })
  } catch (cause) {
    throw unusable(`server: ${(cause as Error).message}`, { cause })
  }
}

const readText = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

const unusable = (why: string, options?: ErrorOptions): ProxyError =>
  new ProxyError('ERR_BUNDLE_SOURCE', `"bundles" in appliance.yaml cannot be used: ${why}`, options)
