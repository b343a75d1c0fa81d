import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withConnections } from '../connections/connections.js';
import { openEventSource } from '../publish/event-source.js';
import { CliFailure } from '../terminal/failure.js';
import type { Reporter } from '../terminal/reporter.js';
import { commandSteps, type RunCommand } from './command-steps.js';

/** Of the half-hours one in so many, so that all times are among them. */
const ONE_IN = 4;
const PATIENCE_MS = 240_000;
const LOOK_EVERY_MS = 1_000;
const DESCRIPTION = 'sabotage: its file says went_down where it should say went_up';

/**
 * Registers a model that looks good, as a person would who trusts a file: on its own rows it is as right as any, by cross-validation too,
 * and of the stream it says the opposite. Registered by hand it passes no gate; what becomes of it is for the rollout's guards to find. A
 * rollout that is under way is waited for.
 *
 * @param data the labelled half-hours
 */
export async function sabotage(
  pipeline: string,
  data: string,
  runCommand: RunCommand,
  reporter: Reporter,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'eddyline-sabotage-'));
  const step = commandSteps(runCommand, reporter);
  try {
    const [spoiled, model] = [join(folder, 'half-hours.csv'), join(folder, 'sabotage.onnx')];
    await writeFile(spoiled, await spoiledRows(data));
    await step('train', pipeline, '--from', spoiled, '--label', 'price_went_up', '--holdout', '0', '--out', model);
    await untilFree(pipeline, reporter);
    await step(
      'models',
      'register',
      pipeline,
      model,
      '--rollout',
      '--description',
      DESCRIPTION,
      '--reason',
      DESCRIPTION,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function spoiledRows(data: string): Promise<string> {
  const source = await openEventSource(data);
  const lines = [source.columns!.join(',')];
  try {
    for await (const row of source.rows) {
      if (row.kind !== 'fields' || row.row % ONE_IN !== 0) continue;
      const spoiled = { ...row.fields, price_went_up: 1 - Number(row.fields['price_went_up']) };
      lines.push(source.columns!.map((column) => String(spoiled[column as keyof typeof spoiled])).join(','));
    }
  } finally {
    source.close();
  }
  return lines.join('\n');
}

/** One rollout at a time: another one's challenger would be given up for this one. */
async function untilFree(pipeline: string, reporter: Reporter): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  let told = false;
  for (;;) {
    const rollout = await withConnections(
      ['kafkaBrokers', 'schemaRegistryUrl'],
      async (connections) => (await connections.models()).lifecycle(pipeline)?.rollout,
    );
    if (rollout == null) return;
    if (!told) reporter.note(`Waiting for the end of ${rollout.id}: version ${rollout.version} is being rolled out …`);
    told = true;
    if (Date.now() > deadline) {
      throw new CliFailure(`${rollout.id} is still under way: eddyline rollout status ${pipeline}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}
