import { z } from 'zod';
import { checkServiceConfig, clickhouseUrlField, serviceConfigShape } from '#platform/config';

export const monitoringConfig = z
  .object({
    ...serviceConfigShape({ port: 8084 }),
    clickhouseUrl: clickhouseUrlField(),
  })
  .superRefine(checkServiceConfig);

export type MonitoringConfig = z.infer<typeof monitoringConfig>;
