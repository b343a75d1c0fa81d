import { Problem, type ProblemDetails } from '#platform/service';
import type { BatchOutcome, ItemResult } from './batch-publishing.js';
import type { Subject } from './candidate.js';
import { isWidespread, retryAfterSecondsOf } from './publishing/publish-problem.js';

export interface BatchAnswer {
  readonly status: 202 | 207;
  readonly body: { readonly accepted: number; readonly refused: number; readonly results: readonly ItemResult[] };
}

/**
 * 202 when all were accepted, 207 (Multi-Status) when not: then each result has its own status.
 * @throws Problem when the request failed as a whole: none could be read (400), none was published because Kafka was
 *   away (503) or behind (429), the body went on beyond the limit (413), or
 *   there was no room for more (429). `results` then says what became of each.
 */
export function answerBatch(
  { results, cutShort }: BatchOutcome,
  bodyLimitBytes: number,
  subject: Subject = 'event',
): BatchAnswer {
  const accepted = results.filter(({ status }) => status === 202).length;
  const body = { accepted, refused: results.length - accepted, results };
  if (cutShort instanceof Problem) {
    const { status, type: _type, title, detail, ...extensions } = cutShort.details;
    const { retryAfterSeconds } = cutShort;
    throw new Problem(status, codeOf(cutShort.details), `${detail} The results say which ${subject}s were accepted.`, {
      title,
      extensions: { ...extensions, ...body },
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
  if (cutShort !== null) {
    const detail = `The body is larger than the limit of ${bodyLimitBytes} bytes; the results say which of its ${subject}s were accepted.`;
    throw new Problem(413, cutShort, detail, { extensions: { limitBytes: bodyLimitBytes, ...body } });
  }
  if (results.length === 0) throw new Problem(400, 'empty_batch', `The body holds no ${subject}.`);
  if (accepted === 0) {
    const problems = results.flatMap((result): ProblemDetails[] => ('problem' in result ? [result.problem] : []));
    const away = problems.find(isWidespread);
    if (away !== undefined) {
      const retryAfterSeconds = retryAfterSecondsOf(away);
      throw new Problem(away.status, codeOf(away), away.detail, {
        extensions: body,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      });
    }
    if (problems.every(({ status }) => status === 400)) {
      throw new Problem(400, `no_readable_${subject}`, `None of the ${subject}s could be read.`, { extensions: body });
    }
  }
  return { status: body.refused === 0 ? 202 : 207, body };
}

/** The last part of the problem's type. */
function codeOf({ type }: ProblemDetails): string {
  return type.slice(type.lastIndexOf(':') + 1);
}
