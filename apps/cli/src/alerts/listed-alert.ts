import type { AlertControl, AlertRecord } from '#contracts';
import { acknowledgementOf, silenceOf, type Acknowledgement, type Silence } from '#domain/alerts';

/** An alert with what people have done about it. */
export interface ListedAlert {
  readonly alert: AlertRecord;
  readonly silence: Silence | undefined;
  readonly acknowledgement: Acknowledgement | undefined;
}

const SEVERITIES = ['critical', 'warning', 'info'];

/** What fires first, the worst first; then what is over, the latest first. */
export function listedAlerts(
  alerts: readonly AlertRecord[],
  controls: readonly AlertControl[],
  nowMs: number,
): readonly ListedAlert[] {
  return alerts
    .map((alert) => ({
      alert,
      // What is over is told again by nobody.
      silence: alert.state === 'firing' ? silenceOf(alert, controls, nowMs) : undefined,
      acknowledgement: acknowledgementOf(alert.id, controls),
    }))
    .toSorted(
      ({ alert: a }, { alert: b }) => rank(a) - rank(b) || b.window_end - a.window_end || (a.id < b.id ? -1 : 1),
    );
}

function rank({ state, severity }: AlertRecord): number {
  return state === 'resolved' ? SEVERITIES.length : SEVERITIES.indexOf(severity);
}

/** `psi of nsw_price where region=NSW` */
export function aboutOf({ metric, subject, slice }: Pick<AlertRecord, 'metric' | 'subject' | 'slice'>): string {
  return [metric, subject && `of ${subject}`, slice && `where ${slice}`].filter(Boolean).join(' ');
}

/** `firing`, `firing, silenced`, `firing, taken by zoe`, `resolved` */
export function standingOf({ alert, silence, acknowledgement }: ListedAlert): string {
  const done = [silence && 'silenced', acknowledgement && `taken by ${acknowledgement.by}`];
  return [alert.state, ...(alert.state === 'firing' ? done : [])].filter(Boolean).join(', ');
}

export function shownNumber(value: number | null): string | null {
  return value === null ? null : String(Number(value.toPrecision(4)));
}
