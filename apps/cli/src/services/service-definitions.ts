/** A service as `eddyline services` runs it. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  readonly defaultPort: number;
  readonly needs: { readonly clickhouse?: true; readonly artifacts?: true };
}

export type ServiceName =
  'ingestion' | 'validation' | 'inference' | 'feedback' | 'monitoring' | 'retraining' | 'explanation';

export const SERVICES: readonly ServiceDefinition[] = [
  { name: 'ingestion', defaultPort: 8080, needs: {} },
  { name: 'validation', defaultPort: 8082, needs: {} },
  { name: 'inference', defaultPort: 8083, needs: { artifacts: true } },
  { name: 'feedback', defaultPort: 8085, needs: { clickhouse: true } },
  { name: 'monitoring', defaultPort: 8084, needs: { clickhouse: true, artifacts: true } },
  { name: 'retraining', defaultPort: 8086, needs: { clickhouse: true, artifacts: true } },
  { name: 'explanation', defaultPort: 8087, needs: { clickhouse: true, artifacts: true } },
];

export function serviceNamed(name: string): ServiceDefinition | undefined {
  return SERVICES.find((service) => service.name === name);
}
