import type { ModelVersion, Serving } from '#contracts';
import { iso } from '../lifecycle/describe-event.js';
import { percent } from '../lifecycle/describe-rollout.js';
import { printable } from '../terminal/printable.js';
import { formatBytes } from '../terminal/quantities.js';
import { formatCount } from '../terminal/table.js';

/** A version's card for a person. */
export function describeVersion(version: ModelVersion, serving: Serving | undefined): readonly string[] {
  const { card, reference, explainer } = version;
  return [
    `${version.pipeline} version ${version.version}${partOf(version.version, serving)}`,
    ...(version.description === '' ? [] : [`  ${printable(version.description, 500)}`]),
    '',
    `  task         ${version.task}, features ${version.features.join(', ')}`,
    `  model        ${formatBytes(version.sizeBytes)}, sha256 ${version.sha256}`,
    `  registered   ${version.registeredAt} by ${printable(version.registeredBy, 80)}`,
    `  drift        ${reference === undefined ? 'is held against the window before: it came without rows' : `is held against ${formatCount(reference.rows)} rows that it was trained on`}`,
    `  explained    ${explainer === undefined ? 'by asking it again and again (it is opaque)' : 'exactly, by its own trees or weights'}`,
    ...(card === undefined ? ['  card         none: it was registered from elsewhere'] : cardLines(card)),
  ];
}

function partOf(version: string, serving: Serving | undefined): string {
  if (serving?.champion?.version === version) return `  (champion since ${serving.champion.since})`;
  const challenger = serving?.challenger;
  if (challenger?.version !== version) return '';
  return `  (challenger, ${challenger.mode === 'shadow' ? 'in the shadow' : `of ${percent(challenger.share)} of the keys`})`;
}

function cardLines({
  trainer,
  parameters,
  metrics,
  dataset,
  gates,
  lineage,
}: NonNullable<ModelVersion['card']>): readonly string[] {
  const { parent, run, cause } = lineage;
  return [
    `  trainer      ${printable(trainer, 200)}${textOf(parameters)}`,
    `  lineage      ${parent === null ? 'the first of its line' : `after version ${parent}`}${run === null ? '' : `, by ${run}`}${cause === null ? '' : `: ${printable(cause.detail, 500)}`}`,
    ...(dataset === null
      ? []
      : [
          `  data         ${formatCount(dataset.rows)} rows from ${iso(dataset.fromMs)} to ${iso(dataset.toMs)}, sha256 ${dataset.sha256}`,
          ...(dataset.source === null ? [] : [`               from ${printable(dataset.source, 300)}`]),
        ]),
    ...metricLines(metrics),
    ...gates.map(
      ({ gate, verdict, summary }, index) =>
        `  ${(index === 0 ? 'gates' : '').padEnd(12)} ${verdict.replace('_', ' ').padEnd(14)} ${gate}: ${printable(summary, 500)}`,
    ),
    ...(dataset?.query == null
      ? []
      : [
          '',
          '  the query that gave the rows',
          ...dataset.query.split('\n').map((line) => `    ${printable(line, 5_000)}`),
        ]),
  ];
}

function textOf(parameters: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name} ${String(value)}`);
  return pairs.length === 0 ? '' : `: ${printable(pairs.join(', '), 500)}`;
}

/** By where they were measured: on the holdout, in cross-validation, on the rows trained on. */
function metricLines(metrics: Readonly<Record<string, number>>): readonly string[] {
  const byPlace = new Map<string, string[]>();
  for (const [name, value] of Object.entries(metrics)) {
    const [place, metric] = name.includes('.')
      ? [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)]
      : ['', name];
    byPlace.set(place, [...(byPlace.get(place) ?? []), `${metric} ${Number(value.toPrecision(4))}`]);
  }
  return [...byPlace].map(
    ([place, values], index) =>
      `  ${(index === 0 ? 'metrics' : '').padEnd(12)} ${place === '' ? '' : `${place}: `}${values.join(', ')}`,
  );
}
