import { eventually } from '#platform/testing';
import type { Oracle } from './spoiled-stream.js';
import type { TestPipeline } from './test-pipeline.js';

/**
 * Waits until everything has come to its end, then expects that each event became what it had to, once: in ClickHouse,
 * without FINAL.
 */
export async function expectEachOnce(pipeline: TestPipeline, oracle: Oracle): Promise<void> {
  await eventually(() => pipeline.isDrained(), { timeoutMs: 120_000, everyMs: 250 });
  // A transaction's records become visible some milliseconds after its offsets: what looked drained may not have been.
  await eventually(() => compare(pipeline, oracle), { timeoutMs: 15_000, everyMs: 1_000 });
}

async function compare(pipeline: TestPipeline, oracle: Oracle): Promise<void> {
  const [counts] = await pipeline.rows<object>(
    `SELECT count() AS rows, uniqExact(event_id) AS ids FROM ${pipeline.database}.predictions`,
  );
  expect(counts).toEqual({ rows: oracle.ids.size, ids: oracle.ids.size });
  const logged = await pipeline.rows<{ event_id: string }>(`SELECT event_id FROM ${pipeline.database}.predictions`);
  expect(logged.filter(({ event_id }) => !oracle.ids.has(event_id))).toEqual([]);

  const reasons = await pipeline.rows<{ reason: string; events: number }>(
    `SELECT reason, count() AS events FROM ${pipeline.database}.quarantine GROUP BY reason`,
  );
  expect(Object.fromEntries(reasons.map(({ reason, events }) => [reason, events]))).toEqual(oracle.quarantined);

  const dropped = (await pipeline.positions('validation')).map((position) => position.dropped['duplicate'] ?? 0);
  expect(dropped.reduce((sum, count) => sum + count, 0)).toBe(oracle.repeated);

  const quarantined = Object.values(oracle.quarantined).reduce((sum, count) => sum + count, 0);
  expect(oracle.ids.size).toBe(oracle.published - quarantined - oracle.repeated);
}
