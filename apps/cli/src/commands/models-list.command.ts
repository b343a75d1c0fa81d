import type { Appointment, ModelVersion, Serving } from '#contracts';
import type { Command } from 'commander';
import { withConnections, type Connections } from '../connections/connections.js';
import { percent } from '../lifecycle/describe-rollout.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatBytes } from '../terminal/quantities.js';
import { formatTable } from '../terminal/table.js';

interface Row {
  readonly version: ModelVersion;
  /** Set for the version that serves. */
  readonly champion?: Appointment;
  /** Set for the version that is on its way. */
  readonly challenger?: NonNullable<Serving['challenger']>;
}

export function registerModelsList(models: Command): void {
  const command = models
    .command('list')
    .description('list the model versions of one pipeline, or of all, and which of them serves')
    .argument('[pipeline]');
  withExamples(withJson(command), ['eddyline models list', 'eddyline models list electricity --json']).action(
    (pipeline: string | undefined, options: { json?: boolean }) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
          const rows = await rowsOf(connections, pipeline);
          reporter.result(
            rows.map(({ version, champion, challenger }) => ({
              ...version,
              serves: champion !== undefined,
              part: champion !== undefined ? 'champion' : challenger !== undefined ? 'challenger' : null,
              share: challenger?.share ?? null,
              since: (champion ?? challenger)?.since ?? null,
            })),
          );
          if (rows.length === 0)
            return reporter.line(
              'no model is registered: eddyline train <pipeline> --from <file> --label <column> --register, or eddyline models register',
            );
          for (const line of formatTable(COLUMNS, rows)) reporter.line(line);
        }),
      ),
  );
}

async function rowsOf(connections: Connections, pipeline: string | undefined): Promise<readonly Row[]> {
  const names =
    pipeline === undefined
      ? (await connections.pipelines()).list().map(({ definition }) => definition.name)
      : [(await connections.pipeline(pipeline)).definition.name];
  const catalog = await connections.models();
  return names.flatMap((name) => {
    const champion = catalog.champion(name);
    const challenger = catalog.serving(name)?.challenger;
    return catalog.versions(name).map((version) => ({
      version,
      ...(champion?.version.version === version.version && { champion: champion.appointment }),
      ...(challenger?.version === version.version && { challenger }),
    }));
  });
}

const COLUMNS = [
  { title: 'PIPELINE', value: ({ version }: Row) => version.pipeline },
  { title: 'VERSION', value: ({ version }: Row) => version.version, align: 'right' as const },
  { title: 'SERVES', value: partOf },
  { title: 'REGISTERED', value: ({ version }: Row) => `${version.registeredAt} by ${version.registeredBy}` },
  { title: 'SHA256', value: ({ version }: Row) => version.sha256.slice(0, 12) },
  { title: 'SIZE', value: ({ version }: Row) => formatBytes(version.sizeBytes), align: 'right' as const },
  { title: 'INPUTS', value: ({ version }: Row) => inputsOf(version) },
  { title: 'DESCRIPTION', value: ({ version }: Row) => version.description },
];

function partOf({ champion, challenger }: Row): string {
  if (champion) return `champion since ${champion.since}`;
  if (!challenger) return '';
  return challenger.share === 0 ? 'challenger, in the shadow' : `challenger, ${percent(challenger.share)} of the keys`;
}

function inputsOf({ input, features }: ModelVersion): string {
  const names = features.join(', ');
  return input.kind === 'matrix' ? `${input.type} [rows, ${input.columns}]: ${names}` : names;
}
