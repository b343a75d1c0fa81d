/** A dashboard as data: what it shows, in rows of panels; the JSON that Grafana wants follows from it. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly source: Source;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
  /** What is shown at first; data time for what is in the log. */
  readonly from: string;
}

export type Source = 'clickhouse' | 'prometheus';

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** SQL with one column, or `label_values(…)`. */
  readonly query: string;
  readonly all?: boolean;
}

export interface Row {
  readonly title: string;
  /** Of 24 columns, each panel gets an equal share. */
  readonly panels: readonly Panel[];
  readonly height?: number;
}

export interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly kind: 'timeseries' | 'stat' | 'table';
  readonly unit?: string;
  /** Of a dashboard's ClickHouse or Prometheus. */
  readonly queries: readonly { readonly text: string; readonly legend?: string }[];
  readonly max?: number;
  readonly min?: number;
  /** Names of series (as regular expressions) that are bounds of an interval: thin and dashed. */
  readonly bounds?: string;
}

const DATASOURCES = {
  clickhouse: { type: 'grafana-clickhouse-datasource', uid: 'eddyline-clickhouse' },
  prometheus: { type: 'prometheus', uid: 'eddyline-prometheus' },
} as const;

/** As the ClickHouse plugin numbers what a query gives. */
const FORMATS = { timeseries: 0, table: 1 } as const;
const HEIGHT = 8;

export function toGrafana(dashboard: Dashboard): object {
  const { uid, title, description, source, variables, from } = dashboard;
  return {
    uid,
    title,
    description,
    tags: ['eddyline'],
    timezone: 'utc',
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from, to: 'now' },
    links: [
      {
        type: 'dashboards',
        tags: ['eddyline'],
        title: 'Eddyline',
        asDropdown: true,
        keepTime: false,
        includeVars: true,
      },
    ],
    templating: { list: variables.map((variable) => variableOf(variable, source)) },
    annotations: { list: [] },
    panels: panelsOf(dashboard),
  };
}

function variableOf({ name, label, query, all = false }: Variable, source: Source): object {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCES[source],
    query,
    definition: query,
    refresh: 2,
    sort: 1,
    includeAll: all,
    multi: all,
    ...(all ? { allValue: '.*', current: { text: ['All'], value: ['$__all'] } } : {}),
  };
}

function panelsOf({ rows, source }: Dashboard): readonly object[] {
  const panels: object[] = [];
  let y = 0;
  let id = 1;
  for (const { title, panels: own, height = HEIGHT } of rows) {
    panels.push({ id: id++, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] });
    y += 1;
    const width = Math.floor(24 / own.length);
    for (const [at, panel] of own.entries()) {
      panels.push({ id: id++, gridPos: { x: at * width, y, w: width, h: height }, ...panelOf(panel, source) });
    }
    y += height;
  }
  return panels;
}

function panelOf(panel: Panel, source: Source): object {
  const { title, description = '', kind, unit, max, min, bounds, queries } = panel;
  return {
    type: kind,
    title,
    description,
    datasource: DATASOURCES[source],
    targets: queries.map((query, at) => targetOf(query, at, kind, source)),
    fieldConfig: {
      defaults: {
        ...(unit === undefined ? {} : { unit }),
        ...(max === undefined ? {} : { max }),
        ...(min === undefined ? {} : { min }),
        ...(kind === 'timeseries'
          ? { custom: { lineWidth: 2, fillOpacity: 0, showPoints: 'auto', spanNulls: true } }
          : {}),
      },
      overrides: bounds === undefined ? [] : [dashed(bounds)],
    },
    options: OPTIONS[kind],
  };
}

const OPTIONS = {
  timeseries: {
    legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull'] },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  stat: { colorMode: 'value', reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } },
  table: { showHeader: true, cellHeight: 'sm' },
} as const;

function targetOf(
  { text, legend = '' }: Panel['queries'][number],
  at: number,
  kind: Panel['kind'],
  source: Source,
): object {
  const refId = String.fromCharCode('A'.charCodeAt(0) + at);
  if (source === 'prometheus') {
    const instant = kind === 'table';
    return { refId, expr: text, legendFormat: legend, instant, range: !instant, datasource: DATASOURCES.prometheus };
  }
  const queryType = kind === 'timeseries' ? 'timeseries' : 'table';
  const datasource = DATASOURCES.clickhouse;
  return { refId, editorType: 'sql', queryType, format: FORMATS[queryType], rawSql: text, datasource };
}

function dashed(names: string): object {
  return {
    matcher: { id: 'byRegexp', options: names },
    properties: [
      { id: 'custom.lineWidth', value: 1 },
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [4, 6] } },
    ],
  };
}
