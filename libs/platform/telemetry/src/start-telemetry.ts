import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { metrics } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  NoopSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import { eddylineVersion, telemetrySettings, type Environment } from '#platform/config';
import { registerProcessMetrics } from './process-metrics.js';

/** Share of new traces that are recorded unless OTEL_TRACES_SAMPLER says otherwise; a caller's decision is kept. */
export const DEFAULT_SAMPLING_RATIO = 0.01;

export interface TelemetryOptions {
  /** `service.name`; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over nothing here. */
  readonly service: string;
  readonly environment?: Environment;
  /** Instead of the exporters that the environment names: what a test looks at. */
  readonly spanProcessors?: readonly SpanProcessor[];
}

export interface Telemetry {
  /** All metrics in the Prometheus text format. */
  renderMetrics(): Promise<string>;
  /** Sends what is not sent yet; waits at most as long as the exporters' own timeouts. */
  shutdown(): Promise<void>;
}

/**
 * Starts OpenTelemetry for this process. Call it before anything else is loaded: an instrument made earlier would measure
 * into the void. Spans go where the standard OTEL_* variables say (OTLP over HTTP, protobuf); without an endpoint they are
 * still created and passed on, so that trace ids hold together, but sent nowhere.
 */
export function startTelemetry({ service, environment, spanProcessors }: TelemetryOptions): Telemetry {
  const settings = telemetrySettings(environment);
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  const processors = spanProcessors ?? (settings.exportTraces ? undefined : [new NoopSpanProcessor()]);
  const sdk = new NodeSDK({
    resource: defaultResource().merge(resourceFromAttributes({ [ATTR_SERVICE_VERSION]: eddylineVersion() })),
    serviceName: service,
    ...(processors === undefined ? {} : { spanProcessors: [...processors] }),
    ...(settings.samplerGiven
      ? {}
      : { sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(DEFAULT_SAMPLING_RATIO) }) }),
    metricReaders: [prometheus],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  const stopProcessMetrics = registerProcessMetrics(metrics.getMeter('eddyline.process'));
  return {
    async renderMetrics() {
      const { resourceMetrics, errors } = await prometheus.collect();
      if (errors.length > 0) throw new AggregateError(errors, 'some metrics could not be collected');
      return serializer.serialize(resourceMetrics);
    },
    async shutdown() {
      stopProcessMetrics();
      await sdk.shutdown();
    },
  };
}
