import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the dashboards of deploy/grafana ask ClickHouse, as Grafana and its ClickHouse datasource would send it. */

const FOLDER = join(import.meta.dirname, '../../../../../deploy/grafana/dashboards');

interface ClickHouseTarget {
  readonly refId: string;
  readonly rawSql?: string;
  readonly format?: number;
}

export interface GrafanaDashboard {
  readonly uid: string;
  readonly panels: readonly { readonly title: string; readonly targets?: readonly ClickHouseTarget[] }[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly target: ClickHouseTarget }[] };
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly multi: boolean;
      readonly query: string | { readonly rawSql?: string };
    }[];
  };
}

export interface GrafanaQuery {
  readonly dashboard: string;
  /** Of the panel or the annotation, and the letter of the query. */
  readonly title: string;
  readonly sql: string;
  readonly as: 'series' | 'table' | 'annotation';
}

export interface GrafanaVariable {
  readonly name: string;
  readonly sql: string;
  readonly multi: boolean;
}

/** Chosen values, by variable. */
export type Chosen = Readonly<Record<string, readonly string[]>>;

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export function readDashboards(): readonly GrafanaDashboard[] {
  return readdirSync(FOLDER).map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as GrafanaDashboard);
}

export function queriesOf({ uid, panels, annotations }: GrafanaDashboard): readonly GrafanaQuery[] {
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ refId, rawSql, format }): GrafanaQuery[] =>
        rawSql === undefined
          ? []
          : [{ dashboard: uid, title: `${title} (${refId})`, sql: rawSql, as: format === 0 ? 'series' : 'table' }],
      ),
    ),
    ...annotations.list.map(({ name, target }): GrafanaQuery => {
      return { dashboard: uid, title: name, sql: target.rawSql!, as: 'annotation' };
    }),
  ];
}

/** In their order, in which each may name those before it. */
export function variablesOf({ templating }: GrafanaDashboard): readonly GrafanaVariable[] {
  return templating.list.flatMap(({ name, multi, query }) =>
    typeof query === 'string' || query.rawSql === undefined ? [] : [{ name, multi, sql: query.rawSql }],
  );
}

/**
 * Variables first, as Grafana formats them, then the macros of the datasource (its pkg/macros/macros.go).
 *
 * @throws Error where one is left that nobody replaces
 */
export function interpolate(sql: string, chosen: Chosen, { fromMs, toMs }: TimeRange, intervalSeconds = 60): string {
  const [from, to] = [fromMs, toMs].map((ms) => `toDateTime(${Math.floor(ms / 1_000)})`);
  const text = sql
    .replace(/\$\{(\w+)(?::(\w+))?\}/g, (whole, name: string, format?: string) => {
      const values = chosen[name];
      if (values === undefined) throw new Error(`no variable ${name} in ${sql}`);
      if (format === 'sqlstring') return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(',');
      if (format !== undefined || values.length !== 1) throw new Error(`${whole} is not one bare value in ${sql}`);
      return values[0]!;
    })
    .replace(/\$__timeFilter\((\w+)\)/g, `$1 >= ${from} AND $1 <= ${to}`)
    .replace(/\$__timeInterval\((\w+)\)/g, `toStartOfInterval(toDateTime($1), INTERVAL ${intervalSeconds} second)`)
    .replace(/\$__fromTime\b/g, from!)
    .replace(/\$__toTime\b/g, to!);
  if (text.includes('$')) throw new Error(`something is left to be replaced in ${text}`);
  return text;
}
