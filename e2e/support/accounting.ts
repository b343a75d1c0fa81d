import { eventually } from '#platform/testing';
import type { Oracle } from './spoiled-stream.js';
import type { TestPipeline } from './test-pipeline.js';

/** What the log holds against what it must hold. */
export interface Account {
  readonly logged: number;
  /** Ids that must be logged and are not, or are not quarantined as they should. */
  readonly lost: number;
  /** Rows too many: of an id that is logged already, of an event that was to be dropped or quarantined once. */
  readonly duplicated: number;
  /** Ids that nobody published, or that should not have come through. */
  readonly strange: readonly string[];
  readonly quarantined: Readonly<Record<string, number>>;
  /** Repetitions that validation dropped. */
  readonly dropped: number;
}

/** Counts what stands in ClickHouse, without FINAL, and what validation dropped, against the oracle. */
export async function account(pipeline: TestPipeline, oracle: Oracle): Promise<Account> {
  const rows = await pipeline.rows<{ event_id: string; rows: number }>(
    `SELECT event_id, toUInt32(count()) AS rows FROM ${pipeline.database}.predictions GROUP BY event_id`,
  );
  const reasons = await pipeline.rows<{ reason: string; events: number }>(
    `SELECT reason, toUInt32(count()) AS events FROM ${pipeline.database}.quarantine GROUP BY reason`,
  );
  const quarantined = Object.fromEntries(reasons.map(({ reason, events }) => [reason, events]));
  const byReason = new Set([...Object.keys(quarantined), ...Object.keys(oracle.quarantined)]);
  const expected = oracle.quarantined as Readonly<Record<string, number>>;
  const tooMany = [...byReason].map((reason) => (quarantined[reason] ?? 0) - (expected[reason] ?? 0));
  const found = rows.filter(({ event_id }) => oracle.ids.has(event_id)).length;
  const positions = await pipeline.positions('validation');
  return {
    logged: sum(rows.map((row) => row.rows)),
    lost: oracle.ids.size - found + sum(tooMany.map((count) => Math.max(0, -count))),
    duplicated: sum(rows.map((row) => row.rows - 1)) + sum(tooMany.map((count) => Math.max(0, count))),
    strange: rows.map(({ event_id }) => event_id).filter((id) => !oracle.ids.has(id)),
    quarantined,
    dropped: sum(positions.map((position) => position.dropped['duplicate'] ?? 0)),
  };
}

/**
 * Waits until everything has come to its end, then expects that each event became what it had to, once: in ClickHouse,
 * without FINAL.
 */
export async function expectEachOnce(pipeline: TestPipeline, oracle: Oracle): Promise<void> {
  const found = await settledAccount(pipeline, oracle);
  expect(found).toEqual(dueAccount(oracle));
}

/** The account after everything has come to its end; it may be a wrong one. @throws Error when the end does not come */
export async function settledAccount(pipeline: TestPipeline, oracle: Oracle): Promise<Account> {
  await eventually(() => pipeline.isDrained(), { everyMs: 250 });
  // A transaction's records become visible some milliseconds after its offsets: what looked drained may not have been.
  let found = await account(pipeline, oracle);
  await eventually(
    async () => {
      found = await account(pipeline, oracle);
      return found.lost === 0 && found.dropped === oracle.repeated;
    },
    { everyMs: 1_000 },
  ).catch(() => undefined); // the caller compares
  return found;
}

/** The account that the oracle demands. */
export function dueAccount({ published, ids, quarantined, repeated }: Oracle): Account {
  const refused = sum(Object.values(quarantined));
  if (ids.size + refused + repeated !== published) throw new Error('the oracle contradicts itself');
  return { logged: ids.size, lost: 0, duplicated: 0, strange: [], quarantined, dropped: repeated };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
