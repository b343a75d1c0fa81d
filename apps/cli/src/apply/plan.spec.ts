import type { PipelineDefinition } from '#contracts';
import { formatPlan, formatRefusals } from './format-plan.js';
import { pipelineSubjects } from './pipeline-subjects.js';
import { pipelineTopics } from './pipeline-topics.js';
import { planApply, type CurrentState } from './plan.js';

const DEFINITION: PipelineDefinition = {
  name: 'fraud',
  event: {
    schema: { type: 'record', name: 'Payment', fields: [{ name: 'id', type: 'string' }] },
    id: 'id',
    key: 'id',
    time: 'at',
  },
  expectations: [],
  dedupeWindowMs: null,
  features: [],
  model: { task: 'binary-classification', threshold: 0.5 },
  topics: { partitions: 3, replicationFactor: 3, retentionMs: 86_400_000, maxMessageBytes: 2 << 20 },
};

const [EVENTS] = pipelineSubjects(DEFINITION);
const NO_TABLES = { changes: [], refusals: [], kept: [] };
const UNCHANGED: CurrentState = {
  topics: [],
  subjects: [{ spec: EVENTS!, verdict: { kind: 'same' } }],
  tables: NO_TABLES,
  inForce: { revision: 4, sha256: 'same' },
  definitionChanges: [],
};

function plan(change: Partial<CurrentState>, sha256 = 'same'): ReturnType<typeof planApply> {
  return planApply(DEFINITION, sha256, { ...UNCHANGED, ...change });
}

describe('planApply', () => {
  it('has nothing to do when everything agrees', () => {
    expect(plan({})).toMatchObject({ steps: [], refusals: [], revision: 4, definitionChanged: false });
    expect(formatPlan(plan({}))).toEqual(['fraud: nothing to do, revision 4 is in force']);
  });

  it('counts the revision up only when the definition changed', () => {
    expect(plan({}, 'other')).toMatchObject({ revision: 5, definitionChanged: true });
    const { inForce: _, ...never } = UNCHANGED;
    expect(planApply(DEFINITION, 'same', never)).toMatchObject({ revision: 1, definitionChanged: true });
  });

  it('names the steps in the order in which they are done', () => {
    const topics = pipelineTopics(DEFINITION).map((spec) => ({ kind: 'create' as const, spec }));
    const changes = [
      {
        kind: 'create_table' as const,
        subject: 'fraud.predictions',
        summary: 'create table fraud.predictions',
        sql: '',
      },
    ];
    const subjects = [{ spec: EVENTS!, verdict: { kind: 'new-subject' as const } }];
    const steps = plan({ topics, subjects, tables: { ...NO_TABLES, changes } }, 'other').steps;
    expect(steps.map(({ kind }) => kind)).toEqual([
      'topic',
      'topic',
      'topic',
      'topic',
      'subject',
      'table',
      'definition',
    ]);
    expect(steps[0]?.description).toBe('topic fraud.events (3 partitions, kept for 1d, records up to 2 MiB)');
  });

  it('warns of what raised partitions do to the order of keys', () => {
    const raised = plan({ topics: [{ kind: 'raise-partitions', topic: 'fraud.events', from: 3, to: 6 }] });
    expect(raised.steps[0]?.description).toBe('topic fraud.events: partitions 3 → 6');
    expect(raised.warnings[0]).toContain('keys move to other partitions');
  });

  it('refuses lowered partitions, incompatible schemas, tables and breaking definitions, each with its reason', () => {
    const refused = plan({
      topics: [{ kind: 'refused', topic: 'fraud.events', message: 'Kafka cannot lower them' }],
      subjects: [{ spec: EVENTS!, verdict: { kind: 'incompatible', messages: ['field amount has no default'] } }],
      tables: { ...NO_TABLES, refusals: [{ subject: 'fraud.predictions.amount', message: 'is Float64' }] },
      definitionChanges: [
        { path: 'event.id', message: 'changes from id to uid', breaking: true },
        { path: 'description', message: 'changes', breaking: false },
      ],
    });
    expect(refused.refusals.map(({ what }) => what)).toEqual([
      'topic fraud.events',
      'the event schema on fraud.events-value',
      'the table column fraud.predictions.amount',
      'the definition at event.id',
    ]);
    const text = formatRefusals('fraud', refused.refusals);
    expect(text).toContain('nothing was changed');
    expect(text).toContain('field amount has no default');
    expect(text).toContain('→ give new fields a default');
  });
});

describe('pipelineTopics', () => {
  const limits = (definition: PipelineDefinition): number[] =>
    pipelineTopics(definition).map(({ config }) => Number(config['max.message.bytes']));

  it('gives what is derived from an event more room than the event', () => {
    const [events, validated, predictions, quarantine] = limits(DEFINITION);
    expect(events).toBe(2 << 20);
    expect(validated).toBeGreaterThan(events!);
    expect(predictions).toBeGreaterThan(2 * events!);
    expect(quarantine).toBeGreaterThan(validated!);
  });

  it('lets stages send whole batches even where events are tiny', () => {
    const tiny = { ...DEFINITION, topics: { ...DEFINITION.topics, maxMessageBytes: 10_000 } };
    expect(limits(tiny)[0]).toBe(10_000);
    for (const limit of limits(tiny).slice(1)) expect(limit).toBeGreaterThanOrEqual(1 << 20);
  });

  it('asks for a second in-sync replica where there are three', () => {
    expect(pipelineTopics(DEFINITION)[0]?.config['min.insync.replicas']).toBe('2');
  });
});
