import type { PipelineDefinition } from '#contracts';
import type { Violations } from '#domain/expectations';
import type { JsonEventError } from '#domain/json-events';
import { problemDetails, type ProblemDetails, type ProblemError } from '#platform/service';

/** The JSON does not fit the event schema. */
export function unreadableEvent(errors: readonly JsonEventError[]): ProblemDetails {
  const detail = errors.map(({ pointer, message }) => `${nameOf(pointer)} ${message}`).join('; ');
  return problemDetails(422, codeOf(errors.map(({ reason }) => reason)), `${detail}.`, {
    title: 'The event does not fit the schema of its pipeline',
    errors: errors.map(({ pointer, reason, message }) => ({ pointer, code: reason, detail: message })),
  });
}

/** The converted event has a value that its Avro type does not take: what JSON and the schema could not tell apart. */
export function unencodableEvent({
  path,
  message,
}: {
  readonly path: string;
  readonly message: string;
}): ProblemDetails {
  const pointer = path === '' ? '' : `/${path.replaceAll('.', '/')}`;
  return problemDetails(422, 'type', `${message}.`, { errors: [{ pointer, code: 'type', detail: message }] });
}

/** The event is readable but validation would quarantine it. */
export function unmetExpectations(
  { all, quarantine }: Violations,
  definition: Pick<PipelineDefinition, 'expectations' | 'event'>,
): ProblemDetails {
  const serious = all.filter(({ on }) => on === 'quarantine');
  const errors = serious.map(({ name, reason, sentence }): ProblemError => {
    const field = fieldOf(name, definition);
    return {
      ...(field === undefined ? {} : { pointer: `/${field}` }),
      code: reason,
      detail: sentence,
      expectation: name,
    };
  });
  return problemDetails(422, quarantine?.reason ?? 'rule', quarantine?.message ?? 'The event is not accepted.', {
    title: 'The event does not meet the expectations of its pipeline',
    errors,
  });
}

export function recordTooLarge(sizeBytes: number, limitBytes: number, topic: string): ProblemDetails {
  const detail = `The record would take about ${sizeBytes} bytes; ${topic} takes at most ${limitBytes} (topics.maxMessageBytes).`;
  return problemDetails(413, 'too_large', detail, { extensions: { sizeBytes, limitBytes } });
}

function codeOf(reasons: readonly string[]): string {
  const [first] = reasons;
  return first !== undefined && new Set(reasons).size === 1 ? first : 'invalid_event';
}

/** The field that an expectation is about; what every event must meet is named `<field>.<what>`. */
function fieldOf(
  name: string,
  { expectations, event }: Pick<PipelineDefinition, 'expectations' | 'event'>,
): string | undefined {
  const expectation = expectations.find((candidate) => candidate.name === name);
  if (expectation !== undefined) return 'field' in expectation ? expectation.field : undefined;
  return event.schema.fields.find((field) => name.startsWith(`${field.name}.`))?.name;
}

function nameOf(pointer: string): string {
  return pointer === '' ? 'the event' : pointer.slice(1).replaceAll('/', '.');
}
