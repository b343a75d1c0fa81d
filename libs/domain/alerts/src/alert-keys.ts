import type { AlertSubject } from '#contracts';

/** Key of a subject in AlertStates: `<monitor>/<metric>/<subject>/<slice>`. Slashes within a part are written `%2F`. */
export function alertStateKeyOf({ monitor, metric, subject, slice }: Omit<AlertSubject, 'pipeline'>): string {
  return [monitor, metric, subject, slice].map(part).join('/');
}

/** What the keys of a monitor's subjects begin with. */
export function alertStatePrefixOf(monitor: string): string {
  return `${part(monitor)}/`;
}

/** @param firedAtMs end of the window in which it began to fire */
export function alertIdOf(alert: AlertSubject, firedAtMs: number): string {
  return `${part(alert.pipeline)}/${alertStateKeyOf(alert)}/${firedAtMs}`;
}

/** So that subject `a/b` is not subject `a` in slice `b`. */
function part(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('/', '%2F');
}
