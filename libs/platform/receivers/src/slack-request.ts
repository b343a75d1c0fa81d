import type { AlertRecord } from '#contracts';
import { idempotencyKeyOf, type AlertNotice, type ReceiverRequest } from './alert-notice.js';
import type { ReceiverSettings } from './receiver-settings.js';

/** Slack's limits, in characters. */
const HEADER = 150;
const SECTION = 3_000;
const FIELD = 2_000;
const SIGNS = { info: '🔵', warning: '🟠', critical: '🔴' } as const;

interface Block {
  readonly type: string;
  readonly [part: string]: unknown;
}

/**
 * A message in Slack's blocks. `text` says all of it once more in plain lines: for notifications, and for those who speak
 * Slack's webhooks without its blocks (Mattermost, Rocket.Chat).
 */
export function slackRequest(notice: AlertNotice, { url, headers }: ReceiverSettings): ReceiverRequest {
  return {
    url,
    headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': idempotencyKeyOf(notice) },
    body: JSON.stringify({ text: textOf(notice), blocks: blocksOf(notice) }),
  };
}

function blocksOf(notice: AlertNotice): readonly Block[] {
  const { alert, link } = notice;
  return [
    { type: 'header', text: { type: 'plain_text', text: cut(titleOf(notice), HEADER), emoji: true } },
    section(escaped(alert.summary)),
    {
      type: 'section',
      fields: factsOf(alert).map(([name, value]) => ({
        type: 'mrkdwn',
        text: cut(`*${name}*\n${escaped(value)}`, FIELD),
      })),
    },
    ...listsOf(alert).map(([title, lines]) =>
      section([`*${title}*`, ...lines.map((line) => `• ${escaped(line)}`)].join('\n')),
    ),
    ...(link === null ? [] : [section(`<${link.replaceAll('>', '%3E')}|Look at it>`)]),
    {
      type: 'context',
      elements: [{ type: 'mrkdwn', text: cut(`\`eddyline alerts show '${escaped(alert.id)}'\``, FIELD) }],
    },
  ];
}

function textOf(notice: AlertNotice): string {
  const { alert, link } = notice;
  const lines = [
    titleOf(notice),
    alert.summary,
    ...factsOf(alert).map(([name, value]) => `${name}: ${value}`),
    ...listsOf(alert).flatMap(([title, lines]) => [`${title}:`, ...lines.map((line) => `• ${line}`)]),
  ];
  return cut([...lines.map(escaped), ...(link === null ? [] : [link])].join('\n'), SECTION);
}

function titleOf({ alert, repetition }: AlertNotice): string {
  const { pipeline, monitor, metric, subject, slice, state, severity } = alert;
  const of = [metric, subject && `of ${subject}`, slice && `where ${slice}`].filter(Boolean).join(' ');
  const what = state === 'resolved' ? '✅ resolved' : `${SIGNS[severity]} ${severity}`;
  return `${what}${repetition === null ? '' : ', still firing'} · ${pipeline} ${monitor}: ${of}`;
}

function factsOf(alert: AlertRecord): readonly (readonly [string, string])[] {
  const { rows, reference_value, low, high } = alert.evidence;
  const interval = low === null || high === null ? '' : ` (${shown(low)} to ${shown(high)})`;
  return [
    ['Value', `${shown(alert.value)}${interval}`],
    ['Threshold', shown(alert.threshold)],
    ...(reference_value === null ? [] : ([['Held against', shown(reference_value)]] as const)),
    ['Window', `${instant(alert.window_start)} to ${instant(alert.window_end)}`],
    ['Rows', String(rows)],
    ['Model', alert.model_version === '' ? 'none' : `version ${alert.model_version}`],
  ];
}

function listsOf({ evidence }: AlertRecord): readonly (readonly [string, readonly string[]])[] {
  const slices = evidence.slices
    .slice(0, 5)
    .map(({ slice, value, rows }) => `${slice}: ${shown(value)} (${rows} rows)`);
  const examples = evidence.examples
    .slice(0, 5)
    .map(({ event_id, trace_id, partition, offset }) =>
      [event_id, `at ${partition}/${offset}`, trace_id && `trace ${trace_id}`].filter(Boolean).join(', '),
    );
  return [
    ...(slices.length === 0 ? [] : ([['Worst slices', slices]] as const)),
    ...(examples.length === 0 ? [] : ([['Predictions to look at', examples]] as const)),
  ];
}

function section(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text: cut(text, SECTION) } };
}

function shown(value: number | null): string {
  return value === null ? 'none' : String(Number(value.toPrecision(4)));
}

/** Event time, UTC, to the second: `2026-03-01 12:30:00 UTC`. */
function instant(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** What Slack takes for its own signs. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).toWellFormed()}…`;
}
