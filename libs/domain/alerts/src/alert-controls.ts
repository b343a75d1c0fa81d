import type { AlertControl, AlertSubject } from '#contracts';

export type Silence = Extract<AlertControl, { kind: 'silence' }>;
export type Acknowledgement = Extract<AlertControl, { kind: 'acknowledgement' }>;

/** The silence under which an alert is not told, or undefined. A silence holds from its beginning to before its end. */
export function silenceOf(
  { pipeline, monitor, metric, subject }: Omit<AlertSubject, 'slice'>,
  controls: readonly AlertControl[],
  nowMs: number,
): Silence | undefined {
  return controls.find(
    (control): control is Silence =>
      control.kind === 'silence' &&
      control.from <= nowMs &&
      nowMs < control.until &&
      control.pipeline === pipeline &&
      (control.monitor ?? monitor) === monitor &&
      (control.metric ?? metric) === metric &&
      (control.subject ?? subject) === subject,
  );
}

/** Who has taken an alert up, or undefined. @param id of the alert */
export function acknowledgementOf(id: string, controls: readonly AlertControl[]): Acknowledgement | undefined {
  return controls.find(
    (control): control is Acknowledgement => control.kind === 'acknowledgement' && control.id === id,
  );
}
