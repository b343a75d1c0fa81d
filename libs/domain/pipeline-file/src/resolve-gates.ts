import type { GatesDefinition } from '#contracts';
import { gateMetricsOf } from '#domain/gates';
import type { LoopContext } from './loop-context.js';
import { GATES, GATE_METRIC } from './loop-defaults.js';
import { shareOf } from './share.js';
import { sizeBytes } from './size.js';
import type { GatesSection } from './training.schema.js';

export function resolveGates(section: GatesSection, context: LoopContext): GatesDefinition {
  const maxSizeBytes = sizeBytes(section.maxSize ?? GATES.maxSize);
  if (!(maxSizeBytes > 0)) context.fail(['gates', 'maxSize'], 'must be more than 0, and a size that there is');
  return {
    metric: metricOf(section, context),
    minGain: section.minGain ?? GATES.minGain,
    confidence: section.confidence ?? GATES.confidence,
    tolerance: section.tolerance ?? GATES.tolerance,
    slices: slicesOf(section, context),
    fairness: fairnessOf(section, context),
    maxLatencyMs: section.maxLatencyMs ?? GATES.maxLatencyMs,
    maxSizeBytes,
    maxFlipRate: section.maxFlipRate === undefined ? GATES.maxFlipRate : shareOf(section.maxFlipRate),
    backtestRows: section.backtestRows ?? GATES.backtestRows,
    replayTolerance: section.replayTolerance ?? GATES.replayTolerance,
  };
}

function metricOf({ metric }: GatesSection, context: LoopContext): string {
  const { task } = context;
  if (task === undefined) return metric ?? '';
  if (metric === undefined) return GATE_METRIC[task];
  const known = gateMetricsOf(task);
  if (!known.includes(metric)) {
    context.unknown(`a ${task} has no metric`, metric, known, ['gates', 'metric'], 'it has');
  }
  return metric;
}

function slicesOf({ slices }: GatesSection, context: LoopContext): GatesDefinition['slices'] {
  if (slices === undefined) return null;
  const by = columnsOf(slices.by, context.monitor?.slices, ['gates', 'slices'], 'monitor.slices', context);
  return {
    by,
    worseBy: slices.worseBy ?? GATES.slices.worseBy,
    minRows: slices.minRows ?? GATES.slices.minRows,
  };
}

function fairnessOf({ fairness }: GatesSection, context: LoopContext): GatesDefinition['fairness'] {
  if (fairness === undefined) return null;
  const path = ['gates', 'fairness'];
  if (context.task !== undefined && context.task !== 'binary-classification') {
    const message = `is about positive decisions, which a binary classification has; leave it out with \`task: ${context.task}\``;
    context.fail(path, message, { at: 'key' });
  }
  const by = columnsOf(fairness.by, context.monitor?.fairness?.by, path, 'monitor.fairness.by', context);
  return {
    by,
    atMost: fairness.atMost ?? GATES.fairness.atMost,
    minRows: fairness.minRows ?? GATES.fairness.minRows,
  };
}

/** What the section names, else what the monitor does; of the latter, mistakes are told there. */
function columnsOf(
  given: readonly string[] | undefined,
  watched: readonly string[] | undefined,
  path: readonly string[],
  elsewhere: string,
  context: LoopContext,
): readonly string[] {
  if (given !== undefined) return context.columns.columns(given, [...path, 'by'], 'slices');
  const inherited = context.columns.known(watched ?? []);
  if (inherited.length === 0) {
    context.fail(path, `does not say by what; add \`by: [<field or feature>]\`, or set \`${elsewhere}\``);
  }
  return inherited;
}
