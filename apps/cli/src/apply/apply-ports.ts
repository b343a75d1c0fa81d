import { applyTables, planSharedTables, planTables, type TablePlan } from '#platform/clickhouse';
import { ensureTopics, planTopics } from '#platform/kafka';
import type { Connections } from '../connections/connections.js';
import type { ApplyPorts } from './ports.js';

/** The real Kafka, registry and ClickHouse behind `apply`. */
export function applyPortsOf(connections: Connections): ApplyPorts {
  const registry = connections.registry();
  return {
    planTopics: (specs) => planTopics(connections.kafka(), specs),
    ensureTopics: (specs) => ensureTopics(connections.kafka(), specs),
    async checkSubject({ subject, schema }) {
      if (await registry.lookup(subject, schema)) return { kind: 'same' };
      if (!(await registry.latest(subject))) return { kind: 'new-subject' };
      const { compatible, messages } = await registry.checkCompatibility(subject, schema);
      return compatible ? { kind: 'compatible' } : { kind: 'incompatible', messages };
    },
    registerSchema: (subject, schema) => registry.register(subject, schema),
    async planTables(definition) {
      const clickhouse = connections.clickhouse();
      return together(await Promise.all([planSharedTables(clickhouse), planTables(clickhouse, definition)]));
    },
    applyTables: (plan) => applyTables(connections.clickhouse(), plan),
    inForce: async (pipeline) => (await connections.pipelines()).get(pipeline),
    publishDefinition: (applied) => connections.control().publishPipeline(applied),
  };
}

function together(plans: readonly TablePlan[]): TablePlan {
  return {
    changes: plans.flatMap(({ changes }) => changes),
    refusals: plans.flatMap(({ refusals }) => refusals),
    kept: plans.flatMap(({ kept }) => kept),
  };
}
