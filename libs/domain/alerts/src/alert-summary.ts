import type { AlertSubject, Measurement } from '#contracts';

/** Sentences for a person, without times in words: `psi of nsw_price is 0.31, above 0.2: 2 windows in a row.` */

export function firedSummary({ explanation }: Measurement, windows: number): string {
  return `${explanation}${windows === 1 ? '' : ` (${windows} windows in a row)`}.`;
}

export function risenSummary({ explanation, verdict }: Measurement): string {
  return `${explanation}: now ${verdict}.`;
}

export function recoveredSummary(alert: AlertSubject, { value, threshold }: Measurement, windows: number): string {
  const figure = value === null ? 'is well again' : `is ${shown(value)}`;
  const bound = threshold === null ? '' : `, within ${shown(threshold)} again`;
  return `${titleOf(alert)} ${figure}${bound}${windows === 1 ? '' : ` (${windows} windows in a row)`}.`;
}

export function vanishedSummary(alert: AlertSubject, windows: number): string {
  return `${titleOf(alert)} is no longer measured: nothing of it in ${windows === 1 ? 'the window' : `${windows} windows in a row`}.`;
}

export function removedSummary(alert: AlertSubject): string {
  return `${titleOf(alert)} is no longer measured: the monitor ${alert.monitor} was taken out of the pipeline, or switched off.`;
}

function titleOf({ metric, subject, slice }: AlertSubject): string {
  return [metric, subject && `of ${subject}`, slice && `where ${slice}`].filter(Boolean).join(' ');
}

function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
