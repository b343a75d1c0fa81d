import type { Json, JsonObject, Panel, Query } from './dashboard.js';

/** The panels that the dashboards are made of, with Grafana's settings for each. */

interface Common {
  readonly title: string;
  readonly description: string;
  readonly queries: readonly Query[];
  readonly width?: number;
  readonly height?: number;
  /** Grafana's name of it: `s`, `percentunit`, `reqps`, `short` … */
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly overrides?: readonly JsonObject[];
}

/** A value's colour from it on; the first is that of all below. */
export interface Step {
  readonly from: number | null;
  readonly color: string;
}

/** How far a bound is crossed, as `verdictLevel` gives it. */
export const VERDICTS: readonly { readonly level: number; readonly text: string; readonly color: string }[] = [
  { level: -1, text: 'too few rows', color: 'text' },
  { level: 0, text: 'ok', color: 'green' },
  { level: 1, text: 'info', color: 'blue' },
  { level: 2, text: 'warning', color: 'orange' },
  { level: 3, text: 'critical', color: 'red' },
];

const NEUTRAL: readonly Step[] = [{ from: null, color: 'blue' }];

function thresholds(steps: readonly Step[]): JsonObject {
  return { mode: 'absolute', steps: steps.map(({ from, color }) => ({ value: from, color })) };
}

function defaults(
  { unit = 'short', min, max }: Pick<Common, 'unit' | 'min' | 'max'>,
  more: Readonly<Record<string, Json>>,
): JsonObject {
  return { unit, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), ...more };
}

export function timeSeries({
  width = 12,
  height = 8,
  queries,
  overrides = [],
  stacked = false,
  display,
  ...spec
}: Common & {
  readonly stacked?: boolean;
  /** Of a series, e.g. by its labels; left out: as the query says. */
  readonly display?: string;
}): Panel {
  const { title, description } = spec;
  return {
    title,
    description,
    width,
    height,
    queries,
    view: {
      type: 'timeseries',
      fieldConfig: {
        defaults: defaults(spec, {
          color: { mode: 'palette-classic' },
          ...(display === undefined ? {} : { displayName: display }),
          custom: {
            drawStyle: 'line',
            lineWidth: 1,
            fillOpacity: stacked ? 30 : 0,
            // A window alone is a point.
            showPoints: 'auto',
            pointSize: 5,
            spanNulls: false,
            stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
          },
        }),
        overrides,
      },
      options: {
        legend: { displayMode: 'table', placement: 'right', showLegend: true, calcs: ['lastNotNull', 'max'] },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },
  };
}

export function stat({
  width = 6,
  height = 4,
  queries,
  overrides = [],
  steps = NEUTRAL,
  mappings = [],
  ...spec
}: Common & { readonly steps?: readonly Step[]; readonly mappings?: readonly JsonObject[] }): Panel {
  const { title, description } = spec;
  return {
    title,
    description,
    width,
    height,
    queries,
    view: {
      type: 'stat',
      fieldConfig: {
        defaults: defaults(spec, { color: { mode: 'thresholds' }, thresholds: thresholds(steps), mappings }),
        overrides,
      },
      options: {
        colorMode: 'value',
        graphMode: 'none',
        justifyMode: 'auto',
        orientation: 'auto',
        textMode: 'value_and_name',
        wideLayout: true,
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      },
    },
  };
}

export function table({
  width = 24,
  height = 8,
  queries,
  overrides = [],
  ...spec
}: Omit<Common, 'unit' | 'min' | 'max'>): Panel {
  return {
    ...spec,
    width,
    height,
    queries,
    view: {
      type: 'table',
      fieldConfig: { defaults: { custom: { align: 'auto', filterable: true } }, overrides },
      options: { showHeader: true, cellHeight: 'sm' },
    },
  };
}

/** Cells, a line for each series and a column for each window. */
export function cells({
  width = 24,
  height = 8,
  queries,
  display,
  colors,
  ...spec
}: Omit<Common, 'overrides'> & { readonly display: string; readonly colors: 'verdicts' | 'rising' }): Panel {
  const { title, description } = spec;
  const byVerdict: JsonObject = {
    color: { mode: 'thresholds' },
    thresholds: thresholds(VERDICTS.map(({ level, color }, index) => ({ from: index === 0 ? null : level, color }))),
    mappings: [
      {
        type: 'value',
        options: Object.fromEntries(
          VERDICTS.map(({ level, text, color }, index) => [String(level), { text, color, index }]),
        ),
      },
    ],
  };
  return {
    title,
    description,
    width,
    height,
    queries,
    view: {
      type: 'status-history',
      fieldConfig: {
        defaults: defaults(spec, {
          displayName: display,
          ...(colors === 'verdicts' ? byVerdict : { color: { mode: 'continuous-YlRd' } }),
          custom: { fillOpacity: 80, lineWidth: 0 },
        }),
        overrides: [],
      },
      options: {
        rowHeight: 0.9,
        colWidth: 0.95,
        showValue: 'never',
        legend: { displayMode: 'list', placement: 'bottom', showLegend: colors === 'verdicts', calcs: [] },
        tooltip: { mode: 'single', sort: 'none' },
      },
    },
  };
}

/** Bars next to one another; the first column of the query says of what. */
export function barChart({
  width = 12,
  height = 9,
  queries,
  x,
  overrides = [],
  ...spec
}: Common & { readonly x: string }): Panel {
  const { title, description } = spec;
  return {
    title,
    description,
    width,
    height,
    queries,
    view: {
      type: 'barchart',
      fieldConfig: {
        defaults: defaults(spec, {
          color: { mode: 'palette-classic' },
          custom: { fillOpacity: 70, lineWidth: 0 },
        }),
        overrides,
      },
      options: {
        xField: x,
        orientation: 'vertical',
        showValue: 'never',
        stacking: 'none',
        groupWidth: 0.8,
        barWidth: 0.9,
        barRadius: 0,
        xTickLabelRotation: -45,
        xTickLabelSpacing: 0,
        fullHighlight: false,
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
        tooltip: { mode: 'multi', sort: 'none' },
      },
    },
  };
}

/** Of one column of a table or one series. */
export function override(field: string, properties: Readonly<Record<string, Json>>): JsonObject {
  return {
    matcher: { id: 'byName', options: field },
    properties: Object.entries(properties).map(([id, value]) => ({ id, value })),
  };
}

/** Bounds are dashed and red, whatever they are called: those of the query with this letter. */
export function boundsOf(refId: string): JsonObject {
  return {
    matcher: { id: 'byFrameRefID', options: refId },
    properties: [
      { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
      { id: 'custom.showPoints', value: 'never' },
      { id: 'custom.spanNulls', value: true },
    ],
  };
}

/** The area between two series, both named. */
export function band(low: string, high: string, color: string): readonly JsonObject[] {
  const thin = { color: { mode: 'fixed', fixedColor: color }, 'custom.lineWidth': 0, 'custom.showPoints': 'never' };
  return [override(low, thin), override(high, { ...thin, 'custom.fillBelowTo': low, 'custom.fillOpacity': 15 })];
}

/** Verdicts of a table in their colours. */
export function verdictColumn(field: string): JsonObject {
  return override(field, {
    mappings: [
      {
        type: 'value',
        options: Object.fromEntries(
          VERDICTS.map(({ text, color }, index) => [
            text === 'too few rows' ? 'insufficient' : text,
            { text, color, index },
          ]),
        ),
      },
    ],
    'custom.cellOptions': { type: 'color-text' },
  });
}
