import { z } from 'zod';
import {
  byteSize,
  checkServiceConfig,
  clickhouseUrlField,
  duration,
  serviceConfigShape,
  variable,
} from '#platform/config';

export const feedbackConfig = z
  .object({
    ...serviceConfigShape({ port: 8085 }),
    clickhouseUrl: clickhouseUrlField(),
    /** Largest HTTP body, in bytes: what one request may cost in memory. */
    maxBodyBytes: variable('EDDYLINE_MAX_BODY', byteSize().default(16 << 20), { example: '16MiB' }),
    /** Wall clock that a label waits for its prediction at least, though the log has passed its time. */
    labelGraceMs: variable('EDDYLINE_LABEL_GRACE', duration().default(60_000), { example: '60s' }),
    /** Longest time between two looks for the prediction of a label that waits. */
    labelRetryMs: variable('EDDYLINE_LABEL_RETRY', duration().default(60_000), { example: '60s' }),
  })
  .superRefine(checkServiceConfig);

export type FeedbackConfig = z.infer<typeof feedbackConfig>;
