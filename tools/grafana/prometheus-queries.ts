import type { Query } from './dashboard.js';

/** What Prometheus is asked; names are those that /metrics of the services shows. */

/** Of the pipelines that are chosen. */
export const OF = 'pipeline=~"$pipelines"';

export function series(legend: string, promql: string): Query {
  return { kind: 'prometheus', promql, legend };
}

export function now(legend: string, promql: string): Query {
  return { kind: 'prometheus', promql, legend, instant: true };
}

/** @param by labels of the result, comma-separated */
export function rate(metric: string, by: string, matchers: string = OF): string {
  return `sum by (${by}) (rate(${metric}{${matchers}}[$__rate_interval]))`;
}

export function quantile(level: number, histogram: string, by: string, matchers: string = OF): string {
  return `histogram_quantile(${level}, ${rate(`${histogram}_bucket`, `${by}, le`, matchers)})`;
}

/** The median and what 1 % exceed. */
export function quantiles(histogram: string, by: string, matchers: string = OF): readonly Query[] {
  const name = by
    .split(', ')
    .map((label) => `{{${label}}}`)
    .join(' · ');
  return [
    series(`${name} p50`, quantile(0.5, histogram, by, matchers)),
    series(`${name} p99`, quantile(0.99, histogram, by, matchers)),
  ];
}
