/** A dashboard as data, and the JSON that Grafana reads it from (schema version 41, Grafana 11 and later). */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

export type DatasourceKind = 'clickhouse' | 'prometheus';

/**
 * Plugin of each kind, and the datasource that deploy/grafana/provisioning makes of it. A dashboard asks for its datasource by a
 * variable of the kind's name, so that it can be imported elsewhere.
 */
export const DATASOURCES: Readonly<Record<DatasourceKind, { type: string; uid: string; name: string }>> = {
  clickhouse: { type: 'grafana-clickhouse-datasource', uid: 'eddyline-clickhouse', name: 'Eddyline ClickHouse' },
  prometheus: { type: 'prometheus', uid: 'eddyline-prometheus', name: 'Eddyline Prometheus' },
};

/** `series`: a column `time`, numbers, and texts that tell series apart. */
export type Query =
  | { readonly kind: 'clickhouse'; readonly sql: string; readonly as: 'series' | 'table' }
  | { readonly kind: 'prometheus'; readonly promql: string; readonly legend: string; readonly instant?: boolean };

export interface Panel {
  readonly title: string;
  /** What is to be seen, and what to make of it. */
  readonly description: string;
  /** Of 24 columns. */
  readonly width: number;
  /** In rows of 30 px. */
  readonly height: number;
  readonly queries: readonly Query[];
  /** `type`, `fieldConfig` and `options` of Grafana's panel. */
  readonly view: JsonObject;
}

export interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly query:
    { readonly kind: 'clickhouse'; readonly sql: string } | { readonly kind: 'prometheus'; readonly text: string };
  /** Several at once, all at first. */
  readonly multi?: boolean;
}

/** Marks on the time axis: a SELECT with `time`, `title`, `text` and `tags`. */
export interface Annotation {
  readonly name: string;
  readonly color: string;
  readonly sql: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly datasource: DatasourceKind;
  readonly from: string;
  /** Left out: it is not looked at again by itself. */
  readonly refresh?: string;
  readonly variables: readonly Variable[];
  readonly annotations: readonly Annotation[];
  readonly sections: readonly Section[];
}

const COLUMNS = 24;

/** What the dashboards of a kind are found by. */
const OTHERS: Readonly<Record<DatasourceKind, { readonly title: string; readonly tag: string }>> = {
  clickhouse: { title: 'Data and models', tag: 'eddyline-event-time' },
  prometheus: { title: 'Services', tag: 'eddyline-wall-clock' },
};

export function toGrafana(dashboard: Dashboard): JsonObject {
  const { uid, title, description, datasource, from, refresh = '', variables, annotations, sections } = dashboard;
  return {
    uid,
    title,
    description,
    tags: ['eddyline', OTHERS[datasource].tag],
    schemaVersion: 41,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'utc',
    time: { from, to: 'now' },
    refresh,
    links: (Object.keys(DATASOURCES) as DatasourceKind[]).map((kind) => linksTo(kind, kind === datasource)),
    templating: { list: [datasourceVariable(datasource), ...variables.map(toVariable)] },
    annotations: { list: annotations.map((one) => toAnnotation(one, datasource)) },
    panels: placed(sections),
  };
}

/** A range of event time means nothing to Prometheus, whose time is the wall clock. */
function linksTo(kind: DatasourceKind, keepTime: boolean): JsonObject {
  const { title, tag } = OTHERS[kind];
  return {
    type: 'dashboards',
    title,
    tags: [tag],
    asDropdown: true,
    includeVars: true,
    keepTime,
    targetBlank: false,
    icon: 'external link',
    tooltip: '',
    url: '',
  };
}

function datasourceOf(kind: DatasourceKind): JsonObject {
  return { type: DATASOURCES[kind].type, uid: `\${${kind}}` };
}

function datasourceVariable(kind: DatasourceKind): JsonObject {
  return {
    name: kind,
    type: 'datasource',
    label: 'Datasource',
    description: 'Where the figures come from',
    query: DATASOURCES[kind].type,
    current: { text: DATASOURCES[kind].name, value: DATASOURCES[kind].uid },
    multi: false,
    includeAll: false,
    hide: 0,
    refresh: 1,
    regex: '',
    options: [],
  };
}

function toVariable({ name, label, description, query, multi = false }: Variable): JsonObject {
  return {
    name,
    type: 'query',
    label,
    description,
    datasource: datasourceOf(query.kind),
    query:
      query.kind === 'clickhouse'
        ? { refId: `Variable-${name}`, editorType: 'sql', queryType: 'table', format: 1, rawSql: query.sql }
        : { refId: `Variable-${name}`, query: query.text },
    definition: query.kind === 'clickhouse' ? query.sql : query.text,
    multi,
    includeAll: multi,
    ...(multi ? { current: { text: ['All'], value: ['$__all'] } } : {}),
    hide: 0,
    // Whenever the range changes: what is there depends on it.
    refresh: 2,
    // As the query orders them: the first is taken at first.
    sort: 0,
    regex: '',
    options: [],
  };
}

function toAnnotation({ name, color, sql }: Annotation, kind: DatasourceKind): JsonObject {
  return {
    name,
    enable: true,
    hide: false,
    iconColor: color,
    datasource: datasourceOf(kind),
    target: { refId: 'Annotation', editorType: 'sql', queryType: 'table', format: 1, rawSql: sql },
  };
}

/** Sections below one another, panels from left to right, as many as fit. */
function placed(sections: readonly Section[]): readonly JsonObject[] {
  const panels: JsonObject[] = [];
  let y = 0;
  for (const { title, panels: inside } of sections) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const panel of inside) {
      if (x + panel.width > COLUMNS) {
        y += lineHeight;
        x = 0;
        lineHeight = 0;
      }
      const gridPos = { x, y, w: panel.width, h: panel.height };
      panels.push(toPanel(panel, panels.length + 1, gridPos));
      x += panel.width;
      lineHeight = Math.max(lineHeight, panel.height);
    }
    y += lineHeight;
  }
  return panels;
}

function toPanel({ title, description, queries, view }: Panel, id: number, gridPos: JsonObject): JsonObject {
  const { kind } = queries[0]!;
  return {
    id,
    title,
    description,
    gridPos,
    datasource: datasourceOf(kind),
    targets: queries.map((query, index) => toTarget(query, String.fromCharCode(65 + index))),
    ...view,
  };
}

function toTarget(query: Query, refId: string): JsonObject {
  const datasource = datasourceOf(query.kind);
  if (query.kind === 'prometheus') {
    const { promql, legend, instant = false } = query;
    return { refId, datasource, expr: promql, legendFormat: legend, instant, range: !instant, editorMode: 'code' };
  }
  const isSeries = query.as === 'series';
  return {
    refId,
    datasource,
    editorType: 'sql',
    queryType: isSeries ? 'timeseries' : 'table',
    format: isSeries ? 0 : 1,
    rawSql: query.sql,
  };
}
