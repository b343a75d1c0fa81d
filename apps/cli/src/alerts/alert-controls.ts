import { ALERT_CONTROLS_TOPIC, type AlertControl } from '#contracts';
import type { Silence } from '#domain/alerts';
import { CONTROL_TOPICS } from '#platform/control';
import { ensureTopics } from '#platform/kafka';
import type { Connections } from '../connections/connections.js';

/** For how long a silence that is over can still be looked at on its topic. */
const KEPT_MS = 30 * 86_400_000;

export async function publishControl(connections: Connections, control: AlertControl): Promise<void> {
  const topics = CONTROL_TOPICS.filter(({ topic }) => topic === ALERT_CONTROLS_TOPIC);
  await ensureTopics(connections.kafka(), topics);
  await connections.control().publishAlertControl(control);
}

/** So that the topic does not grow for ever. */
export async function removeOldSilences(connections: Connections, pipeline: string, nowMs: number): Promise<void> {
  const controls = (await connections.alertControls()).controls(pipeline);
  const old = controls.filter((control) => control.kind === 'silence' && control.until < nowMs - KEPT_MS);
  if (old.length > 0) await connections.control().removeAlertControls(old);
}

/** Silences that hold now or will, in the order of their ends. */
export function standingSilences(controls: readonly AlertControl[], nowMs: number): readonly Silence[] {
  return controls
    .filter((control): control is Silence => control.kind === 'silence' && control.until > nowMs)
    .toSorted((a, b) => a.until - b.until);
}

/** `monitor drift, subject nsw_price`, or `everything` */
export function coveredBy({ monitor, metric, subject }: Silence): string {
  const parts = Object.entries({ monitor, metric, subject }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value === '' ? '(the whole)' : value}`],
  );
  return parts.length === 0 ? 'everything' : parts.join(', ');
}
