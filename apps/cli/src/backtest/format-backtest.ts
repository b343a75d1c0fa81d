import type { CandidateReplay, ModelComparison, ScoreDistribution } from '#domain/gates';
import { formatTable, formatCount } from '../terminal/table.js';
import type { Backtest } from './run-backtest.js';

/** What a person reads. */
export function formatBacktest(pipeline: string, backtest: Backtest): readonly string[] {
  const { rows, fromMs, toMs, versions, tolerance, runtime, candidate, candidateName, comparisons, labelled } =
    backtest;
  if (rows === 0 || fromMs === null || toMs === null) return [`${pipeline} has no predictions in this range`];
  return [
    `${pipeline}: ${formatCount(rows)} logged predictions, ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`,
    '',
    `replayed by the versions that made them (${runtime.name} ${runtime.version}, ${runtime.provider}; tolerance ${tolerance})`,
    ...formatTable(
      [
        { title: 'VERSION', value: ({ version }) => version },
        { title: 'ROWS', align: 'right', value: ({ rows }) => rows },
        { title: 'EQUAL', align: 'right', value: ({ equal }) => equal },
        { title: 'BEYOND', align: 'right', value: ({ beyond }) => beyond },
        { title: 'FURTHEST', align: 'right', value: ({ maxDifference }) => figure(maxDifference) },
        { title: '', value: ({ missing, worst }) => missing ?? (worst === null ? '' : `at ${worst.id}`) },
      ],
      versions,
    ).map(indented),
    ...(candidate === null
      ? []
      : [
          '',
          `${candidateName} on the same events, against what was served`,
          ...describeCandidate(candidate),
          ...describeComparisons(comparisons, labelled),
          ...describeSlices(candidate),
        ]),
  ];
}

function describeCandidate({ flips, psi, served, scores, unscored }: CandidateReplay): readonly string[] {
  const kinds = Object.entries(flips.kinds).toSorted((a, b) => b[1] - a[1]);
  return [
    ...(unscored === 0 ? [] : [`  ${formatCount(unscored)} events without a score`]),
    `  decisions  ${percent(flips.flipped, flips.rows)} would be others${kinds
      .slice(0, 4)
      .map(([kind, rows]) => `, ${formatCount(rows)} ${kind}`)
      .join('')}`,
    `  scores     ${spread(scores)}; as served ${spread(served)}; PSI ${figure(psi)}`,
  ];
}

function describeComparisons(comparisons: readonly ModelComparison[], labelled: number): readonly string[] {
  if (labelled === 0) return ['  labels     none have come'];
  const lines = formatTable(
    [
      { title: 'METRIC', value: ({ metric }) => metric },
      { title: 'CANDIDATE', align: 'right', value: ({ candidate }) => figure(candidate) },
      { title: 'SERVED', align: 'right', value: ({ champion }) => figure(champion) },
      { title: 'BETTER BY', align: 'right', value: ({ gain }) => figure(gain) },
      { title: 'INTERVAL', value: ({ low, high }) => `[${figure(low)}, ${figure(high)}]` },
    ],
    comparisons,
  );
  return ['', `  on ${formatCount(labelled)} realised labels`, ...lines.map(indented)];
}

function describeSlices({ flips }: CandidateReplay): readonly string[] {
  if (flips.slices.length === 0) return [];
  return [
    '',
    '  decisions that would be others, by slice',
    ...formatTable(
      [
        { title: 'SLICE', value: ({ slice }) => slice },
        { title: 'ROWS', align: 'right', value: ({ rows }) => rows },
        { title: 'OTHERS', align: 'right', value: ({ flipped, rows }) => percent(flipped, rows) },
      ],
      flips.slices,
    ).map(indented),
  ];
}

function spread(scores: ScoreDistribution | null): string {
  return scores === null ? 'none' : `${figure(scores.p10)} · ${figure(scores.p50)} · ${figure(scores.p90)}`;
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Number(((100 * part) / whole).toPrecision(3))} %`;
}

function figure(value: number | null): string {
  return value === null || !Number.isFinite(value) ? '–' : String(Number(value.toPrecision(4)));
}

function indented(line: string): string {
  return `    ${line}`;
}
