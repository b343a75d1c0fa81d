import type { AppliedPipeline, AvroRecordSchema, PipelineDefinition } from '#contracts';
import type { TablePlan } from '#platform/clickhouse';
import type { TopicChange, TopicSpec } from '#platform/kafka';
import type { SubjectSpec } from './pipeline-subjects.js';
import type { SubjectVerdict } from './plan.js';

/** What `apply` needs of the outside. Planning changes nothing; every change is idempotent and resolves when durable. */
export interface ApplyPorts {
  planTopics(specs: readonly TopicSpec[]): Promise<readonly TopicChange[]>;
  ensureTopics(specs: readonly TopicSpec[]): Promise<unknown>;
  checkSubject(spec: SubjectSpec): Promise<SubjectVerdict>;
  /** Answers the schema's id. */
  registerSchema(subject: string, schema: AvroRecordSchema): Promise<number>;
  planTables(definition: PipelineDefinition): Promise<TablePlan>;
  applyTables(plan: TablePlan): Promise<unknown>;
  /** The definition in force, or undefined. */
  inForce(pipeline: string): Promise<AppliedPipeline | undefined>;
  publishDefinition(applied: AppliedPipeline): Promise<void>;
}
