import { z } from 'zod';
import { checkServiceConfig, serviceConfigShape } from '#platform/config';

export const validationConfig = z.object(serviceConfigShape({ port: 8082 })).superRefine(checkServiceConfig);

export type ValidationConfig = z.infer<typeof validationConfig>;
