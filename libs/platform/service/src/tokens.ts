/** Injection tokens of what ServiceModule provides and no class names. */

/** `Kafka` of kafkajs, configured and logging through the service's log. */
export const KAFKA = Symbol('eddyline.kafka');
/** `PipelineCatalog`: pipelines in force. Complete once the service is ready. */
export const PIPELINE_CATALOG = Symbol('eddyline.pipeline-catalog');
/** `ModelCatalog`: versions and champions. Followed only by services that say `models: true`. */
export const MODEL_CATALOG = Symbol('eddyline.model-catalog');
/** `Log` of `#platform/telemetry`. */
export const LOG = Symbol('eddyline.log');
/** `ServiceConfig`: what every service has in its configuration. */
export const SERVICE_CONFIG = Symbol('eddyline.service-config');
/** The service's name: `service.name` of its telemetry and part of its consumer groups. */
export const SERVICE_NAME = Symbol('eddyline.service-name');
/** `Telemetry` of this process. */
export const TELEMETRY = Symbol('eddyline.telemetry');
/** `(error: unknown) => void`: ends the process loudly, with exit code 1. */
export const FATAL = Symbol('eddyline.fatal');
