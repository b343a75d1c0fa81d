import { z } from 'zod';
import { artifactsUriField, byteSize, checkServiceConfig, serviceConfigShape, variable } from '#platform/config';

export const inferenceConfig = z
  .object({
    ...serviceConfigShape({ port: 8083 }),
    /** Where model files lie. */
    artifacts: artifactsUriField(),
    /** Largest HTTP body, in bytes: what one request may cost in memory. */
    maxBodyBytes: variable('EDDYLINE_MAX_BODY', byteSize().default(16 << 20), { example: '16MiB' }),
  })
  .superRefine(checkServiceConfig);

export type InferenceConfig = z.infer<typeof inferenceConfig>;
