import type { RetrainDefinition, RetrainTrigger, SearchDefinition, TrainerDefinition } from '#contracts';
import { cronProblem } from '#domain/rollout';
import { durationMs } from './duration.js';
import { inOrder } from './in-order.js';
import type { LoopContext } from './loop-context.js';
import { RETRAINING } from './loop-defaults.js';
import { checkParameter, DEFAULT_TRAINER } from './resolve-trainer.js';
import { shareOf } from './share.js';
import type { ALERT_TRIGGERS, RetrainSection, SearchSection, TriggerEntry } from './training.schema.js';
import type { Path } from './yaml-source.js';

const LARGEST_HOLDOUT = 0.5;

export function resolveRetrain(
  section: RetrainSection,
  trainer: TrainerDefinition | undefined,
  context: LoopContext,
): RetrainDefinition {
  if (!context.hasLabel) {
    const message =
      'needs labels to learn from, and the file has no section `label`; add one, or leave this section out';
    context.fail(['retrain'], message, { at: 'key' });
  }
  const minRows = section.minRows ?? Math.min(RETRAINING.minRows, section.maxRows ?? Infinity);
  const maxRows = section.maxRows ?? Math.max(RETRAINING.maxRows, minRows);
  if (maxRows < minRows) {
    context.fail(['retrain', 'maxRows'], `${maxRows} is below \`minRows\` ${minRows}: no model would ever be trained`);
  }
  const windowMs = section.window === undefined ? null : durationMs(section.window);
  if (windowMs === 0) context.fail(['retrain', 'window'], 'must be more than 0');
  return {
    triggers: resolveTriggers(section.on, context),
    coolDownMs: durationMs(section.coolDown ?? RETRAINING.coolDown),
    windowMs,
    minRows,
    maxRows,
    holdout: holdoutOf(section, context),
    folds: section.folds ?? RETRAINING.folds,
    search: section.search === undefined ? null : resolveSearch(section.search ?? {}, trainer, context),
    calibration: calibrationOf(section, context),
    seed: section.seed ?? RETRAINING.seed,
  };
}

function resolveTriggers(entries: readonly TriggerEntry[], context: LoopContext): readonly RetrainTrigger[] {
  const seen = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    const path = ['retrain', 'on', index];
    const trigger = triggerOf(entry, path, context);
    if (trigger === undefined) return [];
    const key = trigger.on === 'schedule' ? `schedule ${trigger.cron}` : trigger.on;
    const first = seen.get(key);
    if (first !== undefined) context.fail(path, `${trigger.on} is on[${first}] too; leave one out`);
    seen.set(key, first ?? index);
    return [trigger];
  });
}

function triggerOf(entry: TriggerEntry, path: Path, context: LoopContext): RetrainTrigger | undefined {
  if (typeof entry === 'string') return alertTrigger(entry, 'warning', path, context);
  const given = (Object.keys(entry) as (keyof typeof entry)[]).filter((key) => entry[key] !== undefined);
  const [key] = given;
  if (key === undefined || given.length > 1) {
    const message =
      key === undefined
        ? 'names no trigger; write drift, performance, estimate, concept, { labels: 5000 } or { schedule: "0 3 * * *" }'
        : `has ${given.length} triggers; make each an entry of its own: ${given.map((one) => `{ ${one}: … }`).join(', ')}`;
    context.fail(path, message);
    return undefined;
  }
  switch (key) {
    case 'labels':
      return { on: 'labels', count: entry.labels! };
    case 'schedule':
      return scheduleTrigger(entry.schedule!, [...path, 'schedule'], context);
    default:
      return alertTrigger(key, entry[key]!, path, context);
  }
}

type AlertTrigger = Extract<RetrainTrigger, { readonly severity: unknown }>;

function alertTrigger(
  on: (typeof ALERT_TRIGGERS)[number],
  severity: AlertTrigger['severity'],
  path: Path,
  context: LoopContext,
): AlertTrigger {
  if (context.monitor?.sections.includes(on) !== true) {
    const cure = context.monitor === undefined ? `add monitor: { ${on}: {} }` : `add \`${on}: {}\` to \`monitor\``;
    context.fail(path, `nothing is alerted to ${on}, since there is no such monitor; ${cure}`);
  }
  return { on, severity };
}

function scheduleTrigger(cron: string, path: Path, context: LoopContext): RetrainTrigger {
  const problem = cronProblem(cron);
  if (problem !== undefined) context.fail(path, problem);
  return { on: 'schedule', cron };
}

function holdoutOf({ holdout }: RetrainSection, context: LoopContext): number {
  const share = holdout === undefined ? RETRAINING.holdout : shareOf(holdout);
  if (share > 0 && share <= LARGEST_HOLDOUT) return share;
  const message = `must be more than 0 and at most ${LARGEST_HOLDOUT * 100}%: without rows that no training saw nothing can be judged, and the rest is needed to learn from`;
  context.fail(['retrain', 'holdout'], message);
  return share;
}

function resolveSearch(
  section: NonNullable<SearchSection>,
  trainer: TrainerDefinition | undefined,
  context: LoopContext,
): SearchDefinition {
  const path = ['retrain', 'search'];
  if (trainer?.kind === 'command') {
    context.fail(path, 'is of trainers that are built in; a `command` searches by itself, so leave this out', {
      at: 'key',
    });
  }
  const space = section.space ?? {};
  if (section.method === 'grid' && Object.keys(space).length === 0) {
    context.fail(path, 'a grid needs values to choose from; add `space: { <hyperparameter>: [<value>, …] }`');
  }
  const builtIn = trainer?.kind === 'built-in' ? trainer : { trainer: DEFAULT_TRAINER, parameters: {} };
  for (const [name, values] of trainer?.kind === 'command' ? [] : Object.entries(space)) {
    const at = [...path, 'space', name];
    if (Object.hasOwn(builtIn.parameters, name)) {
      const message = 'is fixed by the parameters of the model; leave it out of one of the two';
      context.fail(at, message, { at: 'key' });
    } else {
      checkParameter(builtIn.trainer, name, values, at, context);
    }
  }
  return {
    method: section.method ?? 'random',
    trials: section.trials ?? RETRAINING.trials,
    space: inOrder(space),
  };
}

function calibrationOf({ calibration }: RetrainSection, context: LoopContext): RetrainDefinition['calibration'] {
  const method = calibration ?? RETRAINING.calibration;
  const { task } = context;
  if (method !== 'none' && task !== undefined && task !== 'binary-classification') {
    context.fail(['retrain', 'calibration'], `is of binary classification; leave it out with \`task: ${task}\``, {
      at: 'key',
    });
  }
  return method;
}
