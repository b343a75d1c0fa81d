import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DATASOURCES, toGrafana, type Dashboard } from './grafana/dashboard.js';
import { DASHBOARDS } from './grafana/dashboards.js';

const folder = join(import.meta.dirname, '../deploy/grafana');

interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface GrafanaPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: GridPos;
}

const cases = DASHBOARDS.map((dashboard) => [dashboard.uid, dashboard] as const);
const panelsOf = (dashboard: Dashboard) => toGrafana(dashboard)['panels'] as unknown as readonly GrafanaPanel[];

/** Known to Grafana itself, or to the datasource. */
const BUILT_IN = /^(__all|__data|__field|__rate_interval|__timeFilter|__timeInterval|__fromTime|__toTime)$/;

it('the committed dashboards are what tools/grafana gives, and no others (npm run check -- --fix)', () => {
  const committed = readdirSync(join(folder, 'dashboards')).map((file) => [
    file,
    JSON.parse(readFileSync(join(folder, 'dashboards', file), 'utf8')) as unknown,
  ]);
  expect(Object.fromEntries(committed)).toEqual(
    Object.fromEntries(DASHBOARDS.map((dashboard) => [`${dashboard.uid}.json`, toGrafana(dashboard)])),
  );
});

it('the datasources that dashboards open with are those that are provisioned', () => {
  const { datasources } = parse(readFileSync(join(folder, 'provisioning/datasources/eddyline.yml'), 'utf8')) as {
    readonly datasources: readonly { readonly type: string; readonly uid: string; readonly name: string }[];
  };
  expect(datasources.map(({ type, uid, name }) => ({ type, uid, name }))).toEqual(Object.values(DATASOURCES));
});

describe.each(cases)('%s', (_, dashboard) => {
  const panels = panelsOf(dashboard);

  it('names no variable that it does not have, and has none that nobody names', () => {
    const text = JSON.stringify(toGrafana(dashboard));
    const named = new Set([...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name]) => name!));
    const own = [dashboard.datasource, ...dashboard.variables.map(({ name }) => name)];
    expect([...named].filter((name) => !BUILT_IN.test(name)).sort()).toEqual([...own].sort());
  });

  it('names in a variable only those before it', () => {
    const known = new Set<string>();
    for (const { name, query } of dashboard.variables) {
      const text = query.kind === 'clickhouse' ? query.sql : query.text;
      for (const [, other] of text.matchAll(/\$\{?([a-z]\w*)/g)) expect(known).toContain(other);
      known.add(name);
    }
  });

  it('says of every panel what is to be seen, and calls no two the same', () => {
    const shown = panels.filter(({ type }) => type !== 'row');
    for (const { title, description = '' } of shown)
      expect([title, /^.{20,}\.$/s.test(description)]).toEqual([title, true]);
    expect(new Set(shown.map(({ title }) => title)).size).toBe(shown.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('lays no panel over another', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_cell, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});
