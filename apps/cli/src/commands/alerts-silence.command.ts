import type { PipelineDefinition } from '#contracts';
import type { Silence } from '#domain/alerts';
import type { Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { coveredBy, publishControl, removeOldSilences } from '../alerts/alert-controls.js';
import { watchedPipelines } from '../alerts/read-alerts.js';
import { withConnections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';
import { duration } from '../terminal/option-parsers.js';
import { formatDuration } from '../terminal/quantities.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { userName } from '../terminal/user-name.js';

interface SilenceOptions {
  readonly json?: boolean;
  readonly monitor?: string;
  readonly metric?: string;
  readonly subject?: string;
  readonly for: number;
  readonly why: string;
}

export function registerAlertsSilence(alerts: Command): void {
  const command = alerts
    .command('silence')
    .description(
      'tell nobody of alerts for a while; they are recorded all the same, and told if they fire on afterwards',
    )
    .argument('<pipeline>')
    .option('--monitor <name>', 'only of this monitor')
    .option('--metric <name>', 'only of this metric')
    .option('--subject <name>', 'only of this feature, field, partition, reason …')
    .requiredOption('--for <duration>', 'how long from now, e.g. 2h', duration)
    .requiredOption('--why <text>', 'for whoever wonders');
  withExamples(withJson(command), [
    'eddyline alerts silence electricity --for 2h --why "meters are exchanged"',
    'eddyline alerts silence electricity --monitor drift --subject nsw_price --for 1d --why "new tariff, model 8 is in training"',
  ]).action((pipeline: string, options: SilenceOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const [watched] = await watchedPipelines(connections, pipeline);
        requireMonitor(watched!.definition, options.monitor);
        const nowMs = Date.now();
        const silence: Silence = {
          kind: 'silence',
          id: randomBytes(4).toString('hex'),
          pipeline,
          ...(options.monitor === undefined ? {} : { monitor: options.monitor }),
          ...(options.metric === undefined ? {} : { metric: options.metric }),
          ...(options.subject === undefined ? {} : { subject: options.subject }),
          from: nowMs,
          until: nowMs + options.for,
          by: userName(),
          reason: options.why,
        };
        await publishControl(connections, silence);
        await removeOldSilences(connections, pipeline, nowMs);
        reporter.result({ ok: true, silence });
        reporter.line(
          `${pipeline}: ${coveredBy(silence)} is silent for ${formatDuration(options.for)}, until ${new Date(silence.until).toISOString()}`,
        );
        reporter.line(`end it before: eddyline alerts unsilence ${silence.id}`);
      }),
    ),
  );
}

/** A silence of what is not there would be believed. */
function requireMonitor({ name, monitoring }: PipelineDefinition, wanted: string | undefined): void {
  const known = (monitoring?.monitors ?? []).map((monitor) => monitor.name);
  if (wanted === undefined || known.includes(wanted)) return;
  throw new CliFailure(`${name} has no monitor ${wanted} (there are: ${known.join(', ') || 'none'})`);
}
