import type { OutboundMessage } from '#platform/outcomes';
import type { ProblemDetails } from '#platform/service';
import type { CloudAttributes } from './candidate.js';

/** An event or label that may go on its topic. */
export interface Admitted {
  readonly id: string;
  /** Complete but for its trace context. */
  readonly message: OutboundMessage & { readonly headers: Readonly<Record<string, string>> };
  /** Its own trace, when it brought one. */
  readonly trace: Pick<CloudAttributes, 'traceparent' | 'tracestate'> | null;
}

export type Admission = ({ readonly ok: true } & Admitted) | { readonly ok: false; readonly problem: ProblemDetails };

export function traceOf(attributes: CloudAttributes | null): Admitted['trace'] {
  if (attributes?.traceparent === undefined) return null;
  const { traceparent, tracestate } = attributes;
  return { traceparent, ...(tracestate === undefined ? {} : { tracestate }) };
}
