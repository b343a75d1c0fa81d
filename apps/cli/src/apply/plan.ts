import type { AppliedPipeline, PipelineDefinition } from '#contracts';
import type { DefinitionChange } from '#domain/pipeline-file';
import type { TablePlan } from '#platform/clickhouse';
import type { TopicChange } from '#platform/kafka';
import { formatBytes, formatDuration } from '../terminal/quantities.js';
import type { SubjectSpec } from './pipeline-subjects.js';

/** What the registry says to a schema. `same`: the subject's latest version is this very schema. */
export type SubjectVerdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'new-subject' }
  | { readonly kind: 'compatible' }
  | { readonly kind: 'incompatible'; readonly messages: readonly string[] };

/** What is there now, as far as a pipeline file has to do with it. */
export interface CurrentState {
  readonly topics: readonly TopicChange[];
  readonly subjects: readonly { readonly spec: SubjectSpec; readonly verdict: SubjectVerdict }[];
  readonly tables: TablePlan;
  /** The definition in force, its hash and revision; undefined before the first apply. */
  readonly inForce?: Pick<AppliedPipeline, 'revision' | 'sha256'>;
  readonly definitionChanges: readonly DefinitionChange[];
}

export interface PlannedStep {
  readonly kind: 'topic' | 'subject' | 'table' | 'definition';
  readonly action: 'create' | 'change';
  readonly description: string;
}

export interface Refusal {
  readonly what: string;
  readonly why: string;
  /** How to mend it, where the reason does not say so itself. */
  readonly cure?: string;
}

export interface ApplyPlan {
  readonly pipeline: string;
  readonly steps: readonly PlannedStep[];
  readonly warnings: readonly string[];
  /** Nothing is changed while there is one. */
  readonly refusals: readonly Refusal[];
  /** The revision that the definition will have; the one in force when it does not change. */
  readonly revision: number;
  readonly definitionChanged: boolean;
}

/** What has to be done so that everything outside agrees with the definition. Pure. */
export function planApply(definition: PipelineDefinition, sha256: string, current: CurrentState): ApplyPlan {
  const { inForce } = current;
  const definitionChanged = inForce?.sha256 !== sha256;
  const revision = definitionChanged ? (inForce?.revision ?? 0) + 1 : (inForce?.revision ?? 0);
  return {
    pipeline: definition.name,
    revision,
    definitionChanged,
    steps: [
      ...current.topics.flatMap(topicStep),
      ...current.subjects.flatMap(subjectStep),
      ...current.tables.changes.map(tableStep),
      ...(definitionChanged ? [definitionStep(revision, current.definitionChanges)] : []),
    ],
    warnings: current.topics.flatMap(topicWarning),
    refusals: [
      ...current.topics.flatMap(topicRefusal),
      ...current.subjects.flatMap(subjectRefusal),
      ...current.tables.refusals.map(({ subject, message }) => ({ what: `the table column ${subject}`, why: message })),
      ...current.definitionChanges.flatMap(({ path, message, breaking }) =>
        breaking ? [{ what: `the definition at ${path}`, why: message }] : [],
      ),
    ],
  };
}

function topicStep(change: TopicChange): PlannedStep[] {
  switch (change.kind) {
    case 'create': {
      const { topic, partitions, config } = change.spec;
      const facts = [
        `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`,
        config['cleanup.policy'] === 'compact' ? 'compacted' : retentionOf(config['retention.ms']),
        ...(config['max.message.bytes'] ? [`records up to ${formatBytes(Number(config['max.message.bytes']))}`] : []),
      ];
      return [{ kind: 'topic', action: 'create', description: `topic ${topic} (${facts.join(', ')})` }];
    }
    case 'raise-partitions': {
      const description = `topic ${change.topic}: partitions ${change.from} → ${change.to}`;
      return [{ kind: 'topic', action: 'change', description }];
    }
    case 'alter-config': {
      const description = `topic ${change.topic}: ${change.name} ${change.from || '(unset)'} → ${change.to}`;
      return [{ kind: 'topic', action: 'change', description }];
    }
    case 'refused':
      return [];
  }
}

function retentionOf(retentionMs: string | undefined): string {
  const ms = Number(retentionMs);
  return ms < 0 ? 'kept for ever' : `kept for ${formatDuration(ms)}`;
}

function topicWarning(change: TopicChange): string[] {
  if (change.kind !== 'raise-partitions') return [];
  return [
    `${change.topic} goes from ${change.from} to ${change.to} partitions: keys move to other partitions, so the order of a ` +
      `key's events, and deduplication, do not hold between events before and after the change`,
  ];
}

function topicRefusal(change: TopicChange): Refusal[] {
  if (change.kind !== 'refused') return [];
  const cure = 'set topics.partitions in the pipeline file to at least what the topic has';
  return [{ what: `topic ${change.topic}`, why: change.message, cure }];
}

function subjectStep({ spec, verdict }: CurrentState['subjects'][number]): PlannedStep[] {
  if (verdict.kind === 'new-subject') {
    return [{ kind: 'subject', action: 'create', description: `subject ${spec.subject} (${spec.role} schema)` }];
  }
  if (verdict.kind === 'compatible') {
    const description = `subject ${spec.subject}: new version of the ${spec.role} schema (compatible)`;
    return [{ kind: 'subject', action: 'change', description }];
  }
  return [];
}

function subjectRefusal({ spec, verdict }: CurrentState['subjects'][number]): Refusal[] {
  if (verdict.kind !== 'incompatible') return [];
  const what = `the ${spec.role} schema on ${spec.subject}`;
  const why = `readers of the new schema could not read what was written before: ${verdict.messages.join('; ') || 'the registry refuses it'}`;
  const cure =
    spec.role === 'event'
      ? 'give new fields a default, keep the type of existing ones (or widen it: int → long → double), and give a changed field a new name'
      : 'give the changed feature or event field a new name, so that both can stand in the log';
  return [{ what, why, cure }];
}

function tableStep({ kind, summary }: TablePlan['changes'][number]): PlannedStep {
  return kind === 'add_column'
    ? { kind: 'table', action: 'change', description: summary }
    : { kind: 'table', action: 'create', description: summary.replace(/^create /, '') };
}

function definitionStep(revision: number, changes: readonly DefinitionChange[]): PlannedStep {
  const detail = changes.length === 0 ? '' : `: ${changes.map(({ path, message }) => `${path} ${message}`).join('; ')}`;
  return {
    kind: 'definition',
    action: revision === 1 ? 'create' : 'change',
    description: `definition, revision ${revision}${detail}`,
  };
}
