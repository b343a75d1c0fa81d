import type { PipelineDefinition } from '#contracts';
import type { ReplayPreview } from '../quarantine/replay-preview.js';
import type { StageOutcome } from '../quarantine/replay-outcome.js';
import { printable } from '../terminal/printable.js';
import { formatDuration } from '../terminal/quantities.js';
import type { Reporter } from '../terminal/reporter.js';
import { formatCount } from '../terminal/table.js';

export function describePreview(
  { selected, alreadyReplayed, homeless, byTopic, byReason, ids }: ReplayPreview,
  { dryRun }: { readonly dryRun?: boolean },
  reporter: Reporter,
): void {
  if (alreadyReplayed > 0) {
    reporter.note(`${records(alreadyReplayed)} put back before and left alone (--again repeats them)`);
  }
  if (homeless > 0) {
    reporter.warn(
      `${records(homeless)} without headers that name a topic and partition of the pipeline, left where they are`,
    );
  }
  if (!dryRun) return;
  reporter.line(`would put back ${records(selected)}`);
  for (const [topic, count] of Object.entries(byTopic)) reporter.line(`  to ${topic}: ${formatCount(count)}`);
  for (const [reason, count] of Object.entries(byReason)) {
    reporter.line(`  refused as ${printable(reason, 40)}: ${formatCount(count)}`);
  }
  const more = selected > ids.length ? ' …' : '';
  if (ids.length > 0) reporter.line(`  ids: ${ids.slice(0, 10).join(' ')}${ids.length > 10 ? ' …' : more}`);
}

/** What in the pipeline decides whether an old event can still be accepted. */
export function noteLimits({ name, expectations, dedupeWindowMs }: PipelineDefinition, reporter: Reporter): void {
  for (const expectation of expectations) {
    if (expectation.kind !== 'timeliness' || expectation.maxLatenessMs === undefined) continue;
    if (expectation.on !== 'quarantine') continue;
    reporter.note(
      `${name} refuses events whose time is more than ${formatDuration(expectation.maxLatenessMs)} behind the newest accepted one (timeliness.maxLateness): such records come back as late`,
    );
  }
  reporter.note(
    dedupeWindowMs === null
      ? `${name} does not deduplicate: an event that its producer has sent again meanwhile is then there twice`
      : `${name} drops an event whose id was accepted within ${formatDuration(dedupeWindowMs)} of event time; refused ones do not count`,
  );
}

export function describeOutcome({ stage, put, accepted, refused, duplicates }: StageOutcome): string[] {
  const reasons = Object.entries(refused).map(([reason, count]) => `${formatCount(count)} ${printable(reason, 40)}`);
  const again = Object.values(refused).reduce((sum, count) => sum + count, 0);
  return [
    `${stage} has read ${formatCount(put)} of the run:`,
    `  accepted           ${formatCount(accepted)}`,
    `  quarantined again  ${formatCount(again)}${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`,
    `  duplicates         ${formatCount(duplicates)}`,
  ];
}

const LINE_EVERY_MS = 5_000;

export interface ReplayProgress {
  readonly replayed: number;
  update(replayed: number): void;
  interject(text: string): void;
  stop(): void;
}

/** On stderr: one line that is rewritten on a terminal, a line every five seconds elsewhere. */
export function replayProgress(reporter: Reporter, total: number): ReplayProgress {
  const startedMs = performance.now();
  let saidMs = startedMs;
  let replayed = 0;
  let drawn = false;
  const clear = (): void => {
    if (drawn) process.stderr.write('\r\u001b[2K');
    drawn = false;
  };
  return {
    get replayed() {
      return replayed;
    },
    update(count) {
      replayed = count;
      const nowMs = performance.now();
      if (nowMs - saidMs < (reporter.interactive ? 200 : LINE_EVERY_MS)) return;
      saidMs = nowMs;
      const perSecond = Math.max(1, (count / (nowMs - startedMs)) * 1_000);
      const left = formatDuration(((total - count) / perSecond) * 1_000);
      const line = `${formatCount(count)} of ${formatCount(total)} put back, ${formatCount(Math.round(perSecond))}/s, ${left} left`;
      if (!reporter.interactive) return reporter.note(line);
      process.stderr.write(`\r\u001b[2K${line}`);
      drawn = true;
    },
    interject(text) {
      clear();
      reporter.note(text);
    },
    stop: clear,
  };
}

function records(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'record' : 'records'}`;
}
