import cliProgress from 'cli-progress';
import { formatBytes, formatDuration } from '../terminal/quantities.js';
import type { Reporter } from '../terminal/reporter.js';
import { formatCount } from '../terminal/table.js';
import type { PublishCounts, PublishResult } from './publish-events.js';

const PLAIN_EVERY_MS = 5_000;

export interface PublishProgress {
  update(counts: PublishCounts): void;
  /** Prints a line without tearing the bar. */
  interject(text: string): void;
  stop(): void;
}

/**
 * A bar on a terminal, a line every five seconds elsewhere.
 * @param what `events` or `labels`
 * @param fraction how much of the work is done, 0 to 1; undefined when nobody knows (stdin)
 */
export function showProgress(
  reporter: Reporter,
  what: string,
  fraction: (counts: PublishCounts) => number | undefined,
): PublishProgress {
  return reporter.interactive ? bar(reporter, what, fraction) : lines(reporter, what);
}

const STEPS = 1_000;

function bar(
  reporter: Reporter,
  what: string,
  fraction: (counts: PublishCounts) => number | undefined,
): PublishProgress {
  const known = fraction(NOTHING) !== undefined;
  const format = known
    ? ` publishing {bar} {percentage}%  {published} ${what}  {speed} ${what}/s  eta {eta_formatted}  rejected {rejected}`
    : ` publishing  {published} ${what}  {speed} ${what}/s  rejected {rejected}`;
  const single = new cliProgress.SingleBar(
    { format, stream: process.stderr, hideCursor: true, clearOnComplete: true, fps: 8, etaBuffer: 200 },
    cliProgress.Presets.shades_classic,
  );
  single.start(STEPS, 0, fieldsOf(NOTHING));
  return {
    update: (counts) => single.update(Math.floor((fraction(counts) ?? 0) * STEPS), fieldsOf(counts)),
    interject(text) {
      process.stderr.write(`\r\u001b[2K`);
      reporter.note(text);
    },
    stop: () => single.stop(),
  };
}

const NOTHING: PublishCounts = { read: 0, published: 0, rejected: 0, bytes: 0, elapsedMs: 0 };

function fieldsOf(counts: PublishCounts): object {
  return {
    published: formatCount(counts.published),
    speed: formatCount(Math.round(speedOf(counts))),
    rejected: formatCount(counts.rejected),
  };
}

function lines(reporter: Reporter, what: string): PublishProgress {
  let lastMs = 0;
  return {
    update(counts) {
      if (counts.elapsedMs - lastMs < PLAIN_EVERY_MS) return;
      lastMs = counts.elapsedMs;
      reporter.note(
        `${formatCount(counts.published)} published, ${formatCount(Math.round(speedOf(counts)))} ${what}/s`,
      );
    },
    interject: (text) => reporter.note(text),
    stop: () => undefined,
  };
}

export function speedOf({ published, elapsedMs }: PublishCounts): number {
  return elapsedMs === 0 ? 0 : (published / elapsedMs) * 1_000;
}

/** What was done, in one line. */
export function summaryOf(topic: string, what: string, result: PublishResult): string {
  const { published, rejected, bytes, elapsedMs } = result;
  const speed = formatCount(Math.round(speedOf(result)));
  const bad = rejected === 0 ? '' : `, ${formatCount(rejected)} ${rejected === 1 ? 'row' : 'rows'} rejected`;
  return `${topic}: ${formatCount(published)} ${what} acknowledged${bad}, ${formatBytes(bytes)} in ${formatDuration(elapsedMs)}, ${speed} ${what}/s`;
}
