import type { Environment } from './read-config.js';

/** What the OpenTelemetry SDK does not decide as we want it from the standard variables alone. */
export interface TelemetrySettings {
  /** Whether spans are sent anywhere: only when an endpoint or an exporter is named. */
  readonly exportTraces: boolean;
  /** Whether OTEL_TRACES_SAMPLER is set; otherwise our own default applies. */
  readonly samplerGiven: boolean;
}

export function telemetrySettings(environment: Environment = process.env): TelemetrySettings {
  const given = (name: string) => (environment[name] ?? '').trim() !== '';
  const exporters = (environment['OTEL_TRACES_EXPORTER'] ?? '').trim();
  return {
    exportTraces:
      exporters !== 'none' &&
      (given('OTEL_TRACES_EXPORTER') ||
        given('OTEL_EXPORTER_OTLP_ENDPOINT') ||
        given('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')),
    samplerGiven: given('OTEL_TRACES_SAMPLER'),
  };
}
