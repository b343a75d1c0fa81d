import type { AlertRecord, Severity } from '#contracts';

/** What is told. */
export interface AlertNotice {
  readonly alert: AlertRecord;
  /** Null: for the first time. Else which repetition, so that a receiver that drops what it had takes it as another. */
  readonly repetition: number | null;
  /** Where a person can look on, if that is configured. */
  readonly link: string | null;
  readonly acknowledgement: { readonly by: string; readonly reason: string } | null;
}

/** What a receiver is asked, whichever way it goes there. */
export interface ReceiverRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

export function severitiesBelow(severity: Severity): readonly Severity[] {
  return SEVERITIES.slice(0, SEVERITIES.indexOf(severity));
}

/** The same for what is sent again because nobody knows whether it arrived. ASCII, for a header. */
export function idempotencyKeyOf({ alert: { id, state, severity }, repetition }: AlertNotice): string {
  const key = `${encodeURI(id.toWellFormed())}/${state}/${severity}`;
  return repetition === null ? key : `${key}/${repetition}`;
}
