import { setTimeout } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { openRecordSource } from '../../log/reading/record-source.ts'
import { LogError } from '../../log/log-error.ts'
import { callControl, readControl } from '../../proxy/watch/control.ts'
import type { DataFolder } from '../../proxy/data-folder.ts'
import { expositionOfNone, type Family } from '../../proxy/watch/metrics.ts'
import { writeMetrics } from '../../proxy/watch/metrics-file.ts'
import { ProxyError } from '../../proxy/proxy-error.ts'
import { version } from '../../proxy/version.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { interruption } from '../terminal/interruption.ts'
import { json, stream } from '../terminal/print.ts'
import type { CollectorOptions } from '../ship-target.ts'
import { parseInterval } from '../time.ts'

type MetricsOptions = CommonOptions &
  Omit<CollectorOptions, 'to'> & { readonly textfile?: string; readonly otlp?: string; readonly every?: number }

export const metricsCommand = (): Command =>
  new Command('metrics')
    .description('print what a running appliance counts and measures, or hand it on to a monitoring system')
    .addOption(
      new Option(
        '--textfile <file>',
        'write it there, whole or not at all, for the textfile collector of node_exporter',
      ).conflicts('otlp'),
    )
    .option('--otlp <url>', 'deliver it to a collector of OpenTelemetry, such as https://host:4318/v1/metrics')
    .option('--every <span>', 'go on, that often, until stopped: 15s, 1m', parseInterval)
    .option('--ca <file>', 'authority of the collector, in PEM; those that Node trusts when absent')
    .option('--cert <file>', 'certificate to show to the collector, in PEM')
    .option('--key <file>', 'its private key')
    .option('--headers <file>', 'HTTP headers for the collector, one "name: value" a line, such as a token')
    .addHelpText(
      'after',
      examples(
        'sluice metrics | grep requests_total',
        'sluice metrics --textfile /var/lib/node_exporter/sluice.prom --every 15s',
        'sluice metrics --otlp https://collector.lab.example:4318/v1/metrics --headers token.txt --every 60s',
      ),
    )
    .action(metrics)

const metrics = async (options: MetricsOptions): Promise<void> => {
  const folder = readyFolder(options)
  if (options.textfile !== undefined) return writeFiles(folder, options.textfile, options.every)
  if (options.otlp !== undefined) return deliver(folder, { ...options, to: options.otlp }, options.every)
  if (options.every !== undefined)
    throw new Failure('--every says how often something is handed on', 'add --textfile or --otlp', exitCodes.usage)
  if (options.json) return json(await familiesOf(folder))
  await stream(await readControl(folder.control, 'GET /metrics'))
}

const familiesOf = async (folder: DataFolder): Promise<readonly Family[]> => {
  const { document } = await callControl(folder.control, 'GET /metrics.json')
  return (document as { readonly families: readonly Family[] }).families
}

/** Does something once; or again and again, when it is said how often, until the process is asked to end. */
const repeatedly = async (every: number | undefined, act: () => Promise<void>): Promise<void> => {
  if (every === undefined) return act()
  const signal = interruption(exitCodes.done)
  while (!signal.aborted) {
    await act()
    await setTimeout(every, undefined, { signal }).catch(() => undefined)
  }
}

const isUnreachable = (error: unknown): error is ProxyError =>
  error instanceof ProxyError && error.code === 'ERR_CONTROL_UNREACHABLE'

const writeFiles = (folder: DataFolder, file: string, every: number | undefined): Promise<void> => {
  if (!file.endsWith('.prom'))
    throw new Failure('node_exporter reads only files that end in .prom', 'name the file so', exitCodes.usage)
  return repeatedly(every, async () => {
    try {
      await writeMetrics(file, await readControl(folder.control, 'GET /metrics'))
    } catch (error) {
      if (!isUnreachable(error)) throw error
      await writeMetrics(file, expositionOfNone)
      if (every === undefined) throw error
    }
  })
}

const deliver = async (folder: DataFolder, options: CollectorOptions, every: number | undefined): Promise<void> => {
  const source = openRecordSource(folder.log)
  const instance = source.origin
  source.close()
  // Loaded here, because the OpenTelemetry SDK would slow down the start of every other command.
  const { collectorOf } = await import('../ship-target.ts')
  const { otlpMetrics } = await import('../../proxy/watch/otlp-metrics.ts')
  const collector = otlpMetrics({ ...collectorOf(options), version, instance })
  try {
    await repeatedly(every, async () => {
      try {
        const families = await familiesOf(folder)
        await collector.deliver(families)
        tell({ kind: 'delivered', metrics: families.length })
      } catch (error) {
        const isPassing = isUnreachable(error) || (error instanceof LogError && error.code === 'ERR_SHIP_UNDELIVERED')
        if (every === undefined || !isPassing) throw error
        tell({ kind: 'waiting', why: error.message })
      }
    })
  } finally {
    await collector.close()
  }
}

type MetricsNotice =
  | { readonly kind: 'delivered'; readonly metrics: number }
  /** The next ones go out at their time: what counts is in them. */
  | { readonly kind: 'waiting'; readonly why: string }

const tell = (notice: MetricsNotice): void => json({ time: new Date().toISOString(), ...notice })
