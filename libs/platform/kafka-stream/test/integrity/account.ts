import { faultOptions, recordFault } from '#platform/testing';

interface Account {
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
  /** Ids that should not have come out at all. */
  readonly foreign: readonly string[];
}

/** What came out against what must. */
export function accountOf(expected: readonly string[], found: readonly string[]): Account {
  const wanted = new Set(expected);
  const seen = new Set<string>();
  const duplicated: string[] = [];
  for (const id of found) {
    if (seen.has(id)) duplicated.push(id);
    seen.add(id);
  }
  return {
    lost: expected.filter((id) => !seen.has(id)),
    duplicated,
    foreign: [...seen].filter((id) => !wanted.has(id)),
  };
}

export const NOTHING_WRONG: Account = { lost: [], duplicated: [], foreign: [] };

/** Cases that mostly wait, each with parts of its own, at once. The failure names those that failed. */
export async function allAtOnce<T>(cases: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(cases.map(run));
  const failures = ends.flatMap((end, i) =>
    end.status === 'rejected' ? [`${JSON.stringify(cases[i])}: ${String((end.reason as Error).stack)}`] : [],
  );
  expect(failures).toEqual([]);
}

/** Counts what came out, reports it, and says whether it is what had to. */
export function settle(
  { fault, title, runs, rebalances, startedAt }: FaultRun,
  expected: readonly string[],
  found: readonly string[],
): void {
  const account = accountOf(expected, found);
  recordFault({
    fault,
    title,
    runs,
    ...(rebalances === undefined ? {} : { rebalances }),
    published: expected.length,
    lost: account.lost.length,
    duplicated: account.duplicated.length,
    seed: faultOptions().seed,
    seconds: (performance.now() - startedAt) / 1_000,
  });
  expect(account).toEqual(NOTHING_WRONG);
}

interface FaultRun {
  readonly fault: string;
  readonly title: string;
  readonly runs: number;
  readonly rebalances?: number;
  /** `performance.now()` when it began. */
  readonly startedAt: number;
}
