import type { AvroRecordSchema } from './avro.js';
import type { MonitorKind, Severity } from './monitoring-definition.js';

export type AlertState = 'firing' | 'resolved';

/** What an alert is about; equal alerts are one and the same. */
export interface AlertSubject {
  readonly pipeline: string;
  readonly monitor: string;
  readonly metric: string;
  /** Feature, field, partition, reason …; empty: the whole. */
  readonly subject: string;
  /** `<column>=<value>`; empty: all rows. */
  readonly slice: string;
}

/** A prediction to look at. */
export interface AlertExample {
  readonly event_id: string;
  readonly trace_id: string;
  /** Position on `<p>.predictions`. */
  readonly partition: number;
  readonly offset: number;
}

/** What an alert rests on. */
export interface AlertEvidence {
  readonly rows: number;
  readonly reference_rows: number | null;
  readonly reference_value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly p_value: number | null;
  /** Slices in which the metric lies worst, worst first. */
  readonly slices: readonly { readonly slice: string; readonly value: number; readonly rows: number }[];
  readonly examples: readonly AlertExample[];
}

/** A change of an alert's state; the value on `<p>.alerts`. Times in ms since epoch; times of windows are event time. */
export interface AlertRecord extends AlertSubject {
  /** `<pipeline>/<monitor>/<metric>/<subject>/<slice>/<end of the window in which it began to fire>`: the same for all its changes. */
  readonly id: string;
  readonly kind: MonitorKind;
  readonly state: AlertState;
  /** Also sent, still firing, when it rises. */
  readonly severity: Severity;
  /** One sentence for a person. */
  readonly summary: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly window_start: number;
  readonly window_end: number;
  /** End of the window in which it began to fire. */
  readonly fired_at: number;
  /** When the change was noticed; wall clock. */
  readonly noticed_at: number;
  readonly model_version: string;
  readonly pipeline_revision: number;
  /** The query that gave the value, as it was run. */
  readonly query: string;
  readonly evidence: AlertEvidence;
}

const timestamp = { type: 'long', logicalType: 'timestamp-millis' } as const;

/** Schema of `<p>.alerts`; the same for every pipeline. The evidence is JSON text of AlertEvidence. */
export const ALERT_SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Alert',
  namespace: 'eddyline',
  fields: [
    ...['id', 'pipeline', 'monitor', 'kind', 'metric', 'subject', 'slice', 'state', 'severity', 'summary'].map(
      (name) => ({ name, type: 'string' }) as const,
    ),
    { name: 'value', type: ['null', 'double'] },
    { name: 'threshold', type: ['null', 'double'] },
    { name: 'window_start', type: timestamp },
    { name: 'window_end', type: timestamp },
    { name: 'fired_at', type: timestamp },
    { name: 'noticed_at', type: timestamp },
    { name: 'model_version', type: 'string' },
    { name: 'pipeline_revision', type: 'int' },
    { name: 'query', type: 'string' },
    { name: 'evidence', type: 'string', doc: 'JSON of AlertEvidence' },
  ],
};

/** A silence or an acknowledgement on `eddyline.alert-controls`. Its end and its beginning are wall clock, ms. */
export type AlertControl =
  | {
      readonly kind: 'silence';
      readonly id: string;
      readonly pipeline: string;
      /** Left out: any. */
      readonly monitor?: string;
      readonly metric?: string;
      readonly subject?: string;
      readonly from: number;
      readonly until: number;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'acknowledgement';
      /** Of the alert. */
      readonly id: string;
      readonly pipeline: string;
      readonly at: number;
      readonly by: string;
      readonly reason: string;
    };

export function alertControlKeyOf(control: AlertControl): string {
  return `${control.pipeline}/${control.kind}/${control.id}`;
}

/** Value of `eddyline.alert-controls`. */
export const ALERT_CONTROL_SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'AlertControl',
  namespace: 'eddyline',
  fields: [
    { name: 'pipeline', type: 'string' },
    { name: 'kind', type: 'string', doc: 'silence or acknowledgement' },
    { name: 'body', type: 'string', doc: 'JSON of AlertControl' },
  ],
};
