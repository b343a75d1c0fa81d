import type { AppliedPipeline, PipelineDefinition } from '#contracts';
import { canonicalJson, diffDefinitions } from '#domain/pipeline-file';
import type { TablePlan } from '#platform/clickhouse';
import { CONTROL_TOPICS } from '#platform/control';
import { createHash } from 'node:crypto';
import { pipelineTopics } from './pipeline-topics.js';
import { pipelineSubjects } from './pipeline-subjects.js';
import { planApply, type ApplyPlan } from './plan.js';
import type { ApplyPorts } from './ports.js';

export interface Author {
  readonly appliedBy: string;
  readonly now: () => Date;
}

export interface PreparedApply {
  readonly definition: PipelineDefinition;
  readonly sha256: string;
  readonly plan: ApplyPlan;
  readonly tables: TablePlan;
}

/** Looks at everything that a definition touches and says what would be done. Changes nothing. */
export async function prepareApply(definition: PipelineDefinition, ports: ApplyPorts): Promise<PreparedApply> {
  const sha256 = createHash('sha256').update(canonicalJson(definition)).digest('hex');
  const [inForce, topics, subjects, tables] = await Promise.all([
    ports.inForce(definition.name),
    ports.planTopics(topicsOf(definition)),
    Promise.all(pipelineSubjects(definition).map(async (spec) => ({ spec, verdict: await ports.checkSubject(spec) }))),
    ports.planTables(definition),
  ]);
  const plan = planApply(definition, sha256, {
    topics,
    subjects,
    tables,
    ...(inForce && { inForce }),
    definitionChanges: inForce ? diffDefinitions(inForce.definition, definition) : [],
  });
  return { definition, sha256, plan, tables };
}

/**
 * Does what `prepareApply` planned, in the order in which things are needed:
 * 1. topics: services write to them as soon as they know the pipeline;
 * 2. schemas: their ids go into the definition;
 * 3. tables: the log is written as soon as the first prediction comes;
 * 4. the definition, last: with it, running services take the pipeline up.
 * Each step finds what it made before, so an apply that died anywhere is simply run again.
 */
export async function carryOut(
  { definition, sha256, plan, tables }: PreparedApply,
  ports: ApplyPorts,
  author: Author,
): Promise<void> {
  if (plan.refusals.length > 0) throw new Error(`the plan for ${plan.pipeline} holds refusals`);
  if (plan.steps.some(({ kind }) => kind === 'topic')) await ports.ensureTopics(topicsOf(definition));
  const ids: { -readonly [Role in keyof AppliedPipeline['schemaIds']]: AppliedPipeline['schemaIds'][Role] } = {
    event: 0,
    prediction: 0,
  };
  for (const { subject, schema, role } of pipelineSubjects(definition)) {
    ids[role] = await ports.registerSchema(subject, schema);
  }
  if (tables.changes.length > 0) await ports.applyTables(tables);
  if (plan.definitionChanged) {
    const applied: AppliedPipeline = {
      definition,
      revision: plan.revision,
      sha256,
      appliedAt: author.now().toISOString(),
      appliedBy: author.appliedBy,
      schemaIds: ids,
    };
    await ports.publishDefinition(applied);
  }
}

function topicsOf(definition: PipelineDefinition): ReturnType<typeof pipelineTopics> {
  return [...CONTROL_TOPICS, ...pipelineTopics(definition)];
}
