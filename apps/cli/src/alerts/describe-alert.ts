import { databaseOf, sqlIdentifier, sqlString, topicOf, type AlertRecord } from '#contracts';
import { printable } from '../terminal/printable.js';
import { formatTable } from '../terminal/table.js';
import { aboutOf, shownNumber, standingOf, type ListedAlert } from './listed-alert.js';
import type { AlertHistory } from './read-alerts.js';

/** An alert for a person: what it is, what it rests on, what was done, and how to look on. */
export function describeAlert(listed: ListedAlert, { changes, deliveries }: AlertHistory): readonly string[] {
  const { alert, silence, acknowledgement } = listed;
  const { evidence } = alert;
  return [
    `${alert.severity}  ${alert.pipeline} ${alert.monitor}: ${printable(aboutOf(alert), 200)}  (${standingOf(listed)})`,
    `  ${printable(alert.summary, 1_000)}`,
    '',
    `id           ${printable(alert.id, 1_000)}`,
    `value        ${shownNumber(alert.value) ?? 'none'}${interval(alert)}, threshold ${shownNumber(alert.threshold) ?? 'none'}`,
    ...(evidence.reference_value === null ? [] : [`held against ${shownNumber(evidence.reference_value)}`]),
    ...(evidence.p_value === null ? [] : [`p-value      ${shownNumber(evidence.p_value)}`]),
    `window       ${iso(alert.window_start)} to ${iso(alert.window_end)} (event time)`,
    `rows         ${evidence.rows}${evidence.reference_rows === null ? '' : ` against ${evidence.reference_rows}`}`,
    `model        ${alert.model_version === '' ? 'none' : `version ${alert.model_version}`}, pipeline revision ${alert.pipeline_revision}`,
    ...(silence === undefined
      ? []
      : [
          `silenced     until ${iso(silence.until)} by ${printable(silence.by, 80)}: ${printable(silence.reason, 300)} (${silence.id})`,
        ]),
    ...(acknowledgement === undefined
      ? []
      : [
          `taken        ${iso(acknowledgement.at)} by ${printable(acknowledgement.by, 80)}: ${printable(acknowledgement.reason, 300)}`,
        ]),
    ...section('changes', changesOf(changes)),
    ...section('told', toldOf(deliveries)),
    ...section(
      'where it is worst',
      evidence.slices.map(({ slice, value, rows }) => `${printable(slice, 100)}  ${shownNumber(value)}  ${rows} rows`),
    ),
    ...section('predictions to look at', examplesOf(alert)),
    ...section(
      'the query that gave the value',
      alert.query.split('\n').map((line) => printable(line, 20_000)),
    ),
  ];
}

function interval({ evidence: { low, high } }: AlertRecord): string {
  return low === null || high === null ? '' : ` (${shownNumber(low)} to ${shownNumber(high)})`;
}

function changesOf(changes: readonly AlertRecord[]): readonly string[] {
  return formatTable(
    [
      { title: 'NOTICED', value: ({ noticed_at }) => iso(noticed_at) },
      { title: 'WINDOW END', value: ({ window_end }) => iso(window_end) },
      { title: 'STATE', value: ({ state }) => state },
      { title: 'SEVERITY', value: ({ severity }) => severity },
      { title: 'VALUE', value: ({ value }) => shownNumber(value), align: 'right' },
    ],
    changes,
  );
}

function toldOf(deliveries: AlertHistory['deliveries']): readonly string[] {
  if (deliveries.length === 0) return ['nobody: the pipeline names no receiver that wants it'];
  return formatTable(
    [
      { title: 'AT', value: ({ at }) => at },
      { title: 'RECEIVER', value: ({ receiver }) => receiver },
      { title: 'STATE', value: ({ state, repetition }) => (repetition ? `${state}, again` : state) },
      { title: 'SEVERITY', value: ({ severity }) => severity },
      { title: 'OUTCOME', value: ({ outcome }) => outcome },
      { title: 'ATTEMPTS', value: ({ attempts }) => attempts, align: 'right' },
      { title: 'WHY', value: ({ reason }) => printable(reason, 200) },
    ],
    deliveries,
  );
}

function examplesOf({ pipeline, evidence: { examples } }: AlertRecord): readonly string[] {
  if (examples.length === 0) return [];
  const table = `${sqlIdentifier(databaseOf(pipeline))}.predictions`;
  const ids = examples.map(({ event_id }) => sqlString(event_id)).join(', ');
  return [
    ...formatTable(
      [
        { title: 'EVENT', value: ({ event_id }) => printable(event_id, 80) },
        {
          title: topicOf(pipeline, 'predictions').toUpperCase(),
          value: ({ partition, offset }) => `${partition}-${offset}`,
        },
        { title: 'TRACE', value: ({ trace_id }) => trace_id || null },
      ],
      examples,
    ),
    `SELECT * FROM ${table} WHERE event_id IN (${printable(ids, 10_000)})`,
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function iso(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
