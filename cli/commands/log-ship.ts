import { Command, Option } from 'commander'
import { openCursor } from '../../log/reading/cursor.ts'
import { openRecordSource } from '../../log/reading/record-source.ts'
import { shipLog, type ShipNotice } from '../../log/ship/ship-log.ts'
import { version } from '../../proxy/version.ts'
import { readyFolder, type CommonOptions } from '../context.ts'
import { parseCount } from '../decision-filter.ts'
import { examples } from '../terminal/examples.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { interruption } from '../terminal/interruption.ts'
import { json } from '../terminal/print.ts'
import type { TargetOptions } from '../ship-target.ts'

type ShipCommandOptions = CommonOptions &
  TargetOptions & { readonly cursor: string; readonly once?: boolean; readonly checkpoints?: boolean }

export const shipCommand = (): Command =>
  new Command('ship')
    .description(
      'deliver every record to a receiver on the network as it is written, until stopped; what a receiver that is down misses waits in the log',
    )
    .requiredOption('--to <url>', 'syslog+tls://host:6514, or https://host:4318/v1/logs for OTLP')
    .requiredOption('--cursor <file>', 'where it is kept how far the delivery has come; begun when there is none')
    .option('--ca <file>', 'authority of the receiver, in PEM; those that Node trusts when absent')
    .option('--cert <file>', 'certificate to show to the receiver, in PEM')
    .option('--key <file>', 'its private key')
    .addOption(
      new Option('--format <format>', 'what syslog messages hold').choices(['jsonl', 'ocsf', 'ecs']).default('jsonl'),
    )
    .option('--max-message <octets>', 'longest syslog message that the receiver takes', parseCount, 8_192)
    .option('--headers <file>', 'HTTP headers for OTLP, one "name: value" a line, such as a token')
    .option(
      '--checkpoints',
      'deliver signed checkpoints too, behind what they sign, for "sluice fleet load"; as jsonl or by OTLP',
    )
    .option('--once', 'deliver what there is and end; fail when the receiver does not take it')
    .addHelpText(
      'after',
      examples(
        'sluice log ship --to syslog+tls://siem.lab.example:6514 --ca siem-ca.pem --cursor siem.cursor',
        'sluice log ship --to https://collector.lab.example:4318/v1/logs --headers token.txt --cursor otlp.cursor',
      ),
    )
    .action(ship)

const ship = async (options: ShipCommandOptions): Promise<void> => {
  const source = openRecordSource(readyFolder(options).log)
  try {
    // Loaded here, because the OpenTelemetry SDK would slow down the start of every other command.
    const { receiverOf } = await import('../ship-target.ts')
    if (options.checkpoints && options.format !== 'jsonl')
      throw new Failure(
        `${options.format} has no place for signed checkpoints`,
        'leave out --format: a second delivery with another --cursor can have it',
        exitCodes.usage,
      )
    const receiver = receiverOf(options, { origin: source.origin, version })
    const cursor = openCursor(options.cursor, source)
    try {
      const signal = interruption(exitCodes.done)
      await shipLog(source, cursor, receiver, {
        signal,
        once: options.once ?? false,
        checkpoints: options.checkpoints ?? false,
        notify,
      })
    } finally {
      cursor.close()
      await receiver.close()
    }
  } finally {
    source.close()
  }
}

/** Like those of "sluice serve": lines of JSON, for whoever keeps the output of services. */
const notify = (notice: ShipNotice): void => json({ time: new Date().toISOString(), ...notice })
