import type { AlertRecord, Severity } from '#contracts';
import { severitiesBelow, type AlertNotice, type ReceiverRequest } from './alert-notice.js';
import { ALERTMANAGER_REPEAT_MS, type ReceiverSettings } from './receiver-settings.js';

interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/**
 * Alertmanager's API v2, `POST /api/v2/alerts`. Alertmanager tells alerts apart by their labels alone, severity among them:
 * one that rises ends there under its lower severity. Times are wall clock there: an alert begins when it was noticed,
 * and counts as over unless it is sent again before `endsAt`.
 */
export function alertmanagerRequest(notice: AlertNotice, settings: ReceiverSettings, nowMs: number): ReceiverRequest {
  const { alert } = notice;
  const now = new Date(nowMs).toISOString();
  const lives = 4 * (settings.repeatMs ?? ALERTMANAGER_REPEAT_MS);
  const alerts: PostableAlert[] =
    alert.state === 'resolved'
      ? [{ ...postable(notice, alert.severity), endsAt: now }]
      : [
          {
            ...postable(notice, alert.severity),
            startsAt: new Date(Math.min(alert.noticed_at, nowMs)).toISOString(),
            endsAt: new Date(nowMs + lives).toISOString(),
          },
          ...severitiesBelow(alert.severity).map((severity) => ({ ...postable(notice, severity), endsAt: now })),
        ];
  return {
    url: addressOf(settings.url),
    headers: { ...settings.headers, 'content-type': 'application/json' },
    body: JSON.stringify(alerts),
  };
}

function postable({ alert, link, acknowledgement }: AlertNotice, severity: Severity) {
  return {
    labels: {
      alertname: `Eddyline${alert.kind[0]!.toUpperCase()}${alert.kind.slice(1)}`,
      pipeline: alert.pipeline,
      monitor: alert.monitor,
      metric: alert.metric,
      subject: alert.subject,
      slice: alert.slice,
      severity,
    },
    annotations: {
      summary: alert.summary,
      query: alert.query,
      evidence: JSON.stringify(alert.evidence),
      id: alert.id,
      window: windowOf(alert),
      ...(alert.value === null ? {} : { value: String(alert.value) }),
      ...(alert.threshold === null ? {} : { threshold: String(alert.threshold) }),
      ...(acknowledgement === null ? {} : { acknowledged: `by ${acknowledgement.by}: ${acknowledgement.reason}` }),
    },
    ...(link === null ? {} : { generatorURL: link }),
  };
}

function windowOf({ window_start, window_end }: AlertRecord): string {
  return `${new Date(window_start).toISOString()}/${new Date(window_end).toISOString()}`;
}

function addressOf(url: string): string {
  const bare = url.replace(/\/+$/, '');
  return bare.endsWith('/api/v2/alerts') ? bare : `${bare}/api/v2/alerts`;
}
