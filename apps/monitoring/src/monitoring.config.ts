import { z } from 'zod';
import {
  artifactsUriField,
  byteSize,
  checkServiceConfig,
  clickhouseUrlField,
  duration,
  serviceConfigShape,
  variable,
} from '#platform/config';
import { alertReceivers } from '#platform/receivers';
import { alertLinkTemplate } from './alerts/alert-link.js';

export const monitoringConfig = z
  .object({
    ...serviceConfigShape({ port: 8084 }),
    clickhouseUrl: clickhouseUrlField(),
    /** Where lies what models were trained on. */
    artifacts: artifactsUriField(),
    /** Where alerts can be sent; pipeline files name them. */
    alertReceivers: variable('EDDYLINE_ALERT_RECEIVERS', alertReceivers().default(new Map()), {
      example:
        '\'{"on-call": {"kind": "slack", "url": "https://hooks.slack.com/services/…", "minSeverity": "warning"}}\'',
      secret: true,
    }),
    /** How long a receiver that does not answer is tried before its alerts are given up. */
    alertRetryForMs: variable('EDDYLINE_ALERT_RETRY_FOR', duration().default(600_000), { example: '10m' }),
    /** How often it is looked whether alerts that fire on are to be told again. */
    alertRoundMs: variable('EDDYLINE_ALERT_ROUND', duration().default(15_000), { example: '15s' }),
    /** Where alerts point to. */
    alertLink: variable('EDDYLINE_ALERT_LINK', alertLinkTemplate().optional(), {
      example: "'https://grafana.example/d/eddyline-drift?var-pipeline={database}&from={from}&to={to}'",
    }),
    /** What one query of a monitor may take; beyond it, the monitor has no verdict for that window. */
    monitorQueryTimeoutMs: variable('EDDYLINE_MONITOR_QUERY_TIMEOUT', duration().default(15_000), { example: '15s' }),
    monitorQueryMemoryBytes: variable('EDDYLINE_MONITOR_QUERY_MEMORY', byteSize().default(1 << 30), {
      example: '1GiB',
    }),
    /** Wall clock after which a partition to which nothing comes holds the pipeline's clock back no longer. */
    monitorIdleAfterMs: variable('EDDYLINE_MONITOR_IDLE_AFTER', duration().default(10_000), { example: '10s' }),
  })
  .superRefine(checkServiceConfig);

export type MonitoringConfig = z.infer<typeof monitoringConfig>;
