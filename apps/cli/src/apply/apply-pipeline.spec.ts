import type { AppliedPipeline, PipelineDefinition } from '#contracts';
import { carryOut, prepareApply } from './apply-pipeline.js';
import type { ApplyPorts } from './ports.js';

const DEFINITION: PipelineDefinition = {
  name: 'fraud',
  event: {
    schema: { type: 'record', name: 'Payment', fields: [{ name: 'id', type: 'string' }] },
    id: 'id',
    key: 'id',
    time: 'id',
  },
  expectations: [],
  dedupeWindowMs: null,
  features: [],
  model: { task: 'regression', threshold: 0.5 },
  topics: { partitions: 1, replicationFactor: 1, retentionMs: 1_000, maxMessageBytes: 1_000 },
};
const AUTHOR = { appliedBy: 'ann', now: () => new Date('2026-01-01T00:00:00Z') };

/** A world in memory that remembers what was done to it, in order. */
class World implements ApplyPorts {
  readonly done: string[] = [];
  readonly schemas = new Map<string, number>();
  private topics = new Set<string>();
  private tables = false;
  private applied: AppliedPipeline | undefined;
  incompatible = false;

  planTopics: ApplyPorts['planTopics'] = async (specs) =>
    specs.filter(({ topic }) => !this.topics.has(topic)).map((spec) => ({ kind: 'create' as const, spec }));
  ensureTopics: ApplyPorts['ensureTopics'] = async (specs) => {
    this.topics = new Set(specs.map(({ topic }) => topic));
    this.done.push('topics');
  };
  checkSubject: ApplyPorts['checkSubject'] = async ({ subject }) => {
    if (this.incompatible) return { kind: 'incompatible', messages: ['no'] };
    return this.schemas.has(subject) ? { kind: 'same' } : { kind: 'new-subject' };
  };
  registerSchema: ApplyPorts['registerSchema'] = async (subject) => {
    const id = this.schemas.get(subject) ?? (subject.includes('predictions') ? 8 : 7);
    this.schemas.set(subject, id);
    this.done.push(subject);
    return id;
  };
  planTables: ApplyPorts['planTables'] = async () => ({
    changes: this.tables
      ? []
      : [{ kind: 'create_database', subject: 'fraud', summary: 'create database fraud', sql: '' }],
    refusals: [],
    kept: [],
  });
  applyTables: ApplyPorts['applyTables'] = async () => {
    this.tables = true;
    this.done.push('tables');
  };
  inForce: ApplyPorts['inForce'] = async () => this.applied;
  publishDefinition: ApplyPorts['publishDefinition'] = async (applied) => {
    this.applied = applied;
    this.done.push('definition');
  };
}

describe('apply', () => {
  it('changes topics, schemas, tables and at last the definition', async () => {
    const world = new World();
    await carryOut(await prepareApply(DEFINITION, world), world, AUTHOR);
    expect(world.done).toEqual([
      'topics',
      'fraud.events-value',
      'fraud.validated-value',
      'fraud.predictions-value',
      'tables',
      'definition',
    ]);
    expect(await world.inForce('fraud')).toMatchObject({
      revision: 1,
      appliedBy: 'ann',
      appliedAt: '2026-01-01T00:00:00.000Z',
      schemaIds: { event: 7, prediction: 8 },
    });
  });

  it('finds nothing to do the second time', async () => {
    const world = new World();
    await carryOut(await prepareApply(DEFINITION, world), world, AUTHOR);
    const { plan } = await prepareApply({ ...DEFINITION }, world);
    expect(plan).toMatchObject({ steps: [], revision: 1 });
  });

  it('counts a changed definition up, whatever the order of its keys', async () => {
    const world = new World();
    await carryOut(await prepareApply(DEFINITION, world), world, AUTHOR);
    const reordered = Object.fromEntries(Object.entries(DEFINITION).reverse()) as unknown as PipelineDefinition;
    expect((await prepareApply(reordered, world)).plan.definitionChanged).toBe(false);
    const changed = { ...DEFINITION, dedupeWindowMs: 60_000 };
    expect((await prepareApply(changed, world)).plan).toMatchObject({ definitionChanged: true, revision: 2 });
  });

  it('changes nothing while something is refused', async () => {
    const world = new World();
    world.incompatible = true;
    const prepared = await prepareApply(DEFINITION, world);
    await expect(carryOut(prepared, world, AUTHOR)).rejects.toThrow('refusals');
    expect(world.done).toEqual([]);
  });

  it('goes on where an apply died', async () => {
    const world = new World();
    const publish = world.publishDefinition;
    world.publishDefinition = () => Promise.reject(new Error('killed'));
    await expect(carryOut(await prepareApply(DEFINITION, world), world, AUTHOR)).rejects.toThrow('killed');
    world.publishDefinition = publish;
    const again = await prepareApply(DEFINITION, world);
    expect(again.plan.steps.map(({ kind }) => kind)).toEqual(['definition']);
    await carryOut(again, world, AUTHOR);
    expect(await world.inForce('fraud')).toMatchObject({ revision: 1, schemaIds: { event: 7, prediction: 8 } });
  });
});
