import { z } from 'zod';
import { byteSize, checkServiceConfig, duration, serviceConfigShape, variable } from '#platform/config';

export const ingestionConfig = z
  .object({
    ...serviceConfigShape({ port: 8080 }),
    /** Largest HTTP body, in bytes: what one request may cost in memory. */
    maxBodyBytes: variable('EDDYLINE_MAX_BODY', byteSize().default(16 << 20), { example: '16MiB' }),
    /** How often the watermark of validation is read, against which lateness is judged at the door. */
    watermarkPollMs: variable('EDDYLINE_WATERMARK_POLL', duration().default(3_000), { example: '3s' }),
  })
  .superRefine(checkServiceConfig);

export type IngestionConfig = z.infer<typeof ingestionConfig>;
