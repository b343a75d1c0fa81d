import type { PipelineDefinition } from '#contracts';
import type { Command } from 'commander';
import { createInterface } from 'node:readline/promises';
import { carryOut, prepareApply, type PreparedApply } from '../apply/apply-pipeline.js';
import { applyPortsOf } from '../apply/apply-ports.js';
import { formatPlan, formatRefusals } from '../apply/format-plan.js';
import { servicesRunning } from '../apply/running-services.js';
import { withConnections, type Connections } from '../connections/connections.js';
import type { ExitCode } from '../terminal/failure.js';
import type { Reporter } from '../terminal/reporter.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { userName } from '../terminal/user-name.js';
import { formatProblem, loadAll } from '../validate/load-pipeline-file.js';

interface ApplyOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function registerApply(program: Command): void {
  const command = program
    .command('apply')
    .description('put pipelines in force: topics, schemas, tables, and the definition that services follow')
    .argument('<pipeline.yaml...>', 'pipeline files; nothing is changed unless all of them can be applied')
    .option('--dry-run', 'say what would be changed, change nothing')
    .option('--yes', 'do not ask before changing something (it is asked on a terminal only)');
  withExamples(withJson(command), [
    'eddyline apply pipelines/electricity/pipeline.yaml',
    'eddyline apply pipelines/*/pipeline.yaml --dry-run',
  ]).action((files: string[], options: ApplyOptions) =>
    runAction(options, async (reporter) => {
      const definitions = await readDefinitions(files, reporter);
      if (!definitions) return 1;
      return withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], (connections) =>
        apply(definitions, connections, options, reporter),
      );
    }),
  );
}

async function readDefinitions(
  files: readonly string[],
  reporter: Reporter,
): Promise<readonly PipelineDefinition[] | undefined> {
  const loaded = await loadAll(files);
  const problems = loaded.flatMap((one) => (one.ok ? [] : one.problems));
  const definitions = loaded.flatMap((one) => (one.ok ? [one.definition] : []));
  for (const problem of problems) reporter.note(formatProblem(problem).join('\n'));
  const names = definitions.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (problems.length === 0 && twice === undefined) return definitions;
  const message =
    twice === undefined
      ? `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}, nothing was changed`
      : `two of the files are for the pipeline ${twice}, nothing was changed`;
  reporter.error(message);
  reporter.result({ ok: false, error: message, problems: problems.map(({ excerpt: _, ...problem }) => problem) });
  return undefined;
}

async function apply(
  definitions: readonly PipelineDefinition[],
  connections: Connections,
  options: ApplyOptions,
  reporter: Reporter,
): Promise<ExitCode> {
  const ports = applyPortsOf(connections);
  const prepared: PreparedApply[] = [];
  for (const definition of definitions) prepared.push(await prepareApply(definition, ports));
  for (const { plan } of prepared) {
    for (const line of formatPlan(plan)) reporter.line(line);
    for (const warning of plan.warnings) reporter.warn(warning);
  }
  const refused = prepared.filter(({ plan }) => plan.refusals.length > 0);
  for (const { plan } of refused) reporter.error(formatRefusals(plan.pipeline, plan.refusals));
  const pending = prepared.filter(({ plan }) => plan.steps.length > 0);
  const result = (ok: boolean, applied: boolean): void =>
    reporter.result({ ok, applied, pipelines: prepared.map(({ plan }) => plan) });
  if (refused.length > 0) {
    result(false, false);
    return 1;
  }
  if (options.dryRun || pending.length === 0) {
    if (pending.length > 0) reporter.line('dry run: nothing was changed');
    result(true, false);
    return 0;
  }
  if (!options.yes && !(await confirmed(reporter))) {
    reporter.note('nothing was changed');
    result(true, false);
    return 0;
  }
  const appliedBy = userName();
  for (const one of pending) {
    await carryOut(one, ports, { appliedBy, now: () => new Date() });
    reporter.line(`${one.plan.pipeline}: applied, revision ${one.plan.revision} is in force`);
    reporter.line(
      `  ${takenUp(await servicesRunning(await connections.admin(), one.plan.pipeline), one.plan.pipeline)}`,
    );
  }
  result(true, true);
  return 0;
}

/** Asked only where somebody can answer. */
async function confirmed(reporter: Reporter): Promise<boolean> {
  if (!process.stdin.isTTY || !reporter.interactive || reporter.json) return true;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question('Apply? [y/N] ')).trim());
  } finally {
    prompt.close();
  }
}

function takenUp(services: readonly string[], pipeline: string): string {
  return services.length === 0
    ? `no service consumes it yet; services that run take it up within seconds, else start them: eddyline services`
    : `taken up by ${services.join(', ')}; see eddyline status ${pipeline}`;
}
