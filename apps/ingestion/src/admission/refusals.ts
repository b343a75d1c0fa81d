import type { PipelineDefinition } from '#contracts';
import type { Violations } from '#domain/expectations';
import { problemDetails, type ProblemDetails, type ProblemError } from '#platform/service';

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

/** The field that an expectation is about; what every event must meet is named `<field>.<what>`. */
function fieldOf(
  name: string,
  { expectations, event }: Pick<PipelineDefinition, 'expectations' | 'event'>,
): string | undefined {
  const expectation = expectations.find((candidate) => candidate.name === name);
  if (expectation !== undefined) return 'field' in expectation ? expectation.field : undefined;
  return event.schema.fields.find((field) => name.startsWith(`${field.name}.`))?.name;
}
