import type {
  AvroField,
  GatesDefinition,
  LabelDefinition,
  MonitoringDefinition,
  PipelineDefinition,
  RetrainDefinition,
  RolloutDefinition,
  TrainerDefinition,
} from '#contracts';
import { canonicalJson, diffDefinitions } from './index.js';

const FIELDS: readonly AvroField[] = [
  { name: 'id', type: 'string' },
  { name: 'at', type: 'string', doc: 'when' },
  { name: 'price', type: 'double' },
];

const BEFORE: PipelineDefinition = {
  name: 'readings',
  event: { schema: { type: 'record', name: 'R', fields: FIELDS }, id: 'id', key: 'id', time: 'at' },
  expectations: [{ name: 'price.range', on: 'quarantine', kind: 'range', field: 'price', min: 0 }],
  dedupeWindowMs: 1_000,
  features: [
    { kind: 'field', name: 'price', type: 'number', field: 'price' },
    { kind: 'cel', name: 'double', type: 'number', expression: 'event.price * 2' },
  ],
  model: { task: 'regression', threshold: 0.5 },
  topics: { partitions: 4, replicationFactor: 1, retentionMs: 1_000, maxMessageBytes: 2_000 },
};

const LABEL: LabelDefinition = {
  schema: { type: 'record', name: 'L', fields: [{ name: 'id', type: 'string' }] },
  match: { by: 'id', field: 'id' },
  field: 'verdict',
  values: { kind: 'classes', classes: ['no', 'yes'] },
  time: null,
  revision: null,
  withinMs: 1_000,
};

const MONITORING: MonitoringDefinition = {
  graceMs: 0,
  slices: ['id'],
  receivers: [],
  monitors: ['a', 'b'].map((name) => ({
    kind: 'business',
    name,
    everyMs: 1,
    windowMs: 1,
    minRows: 1,
    fireAfter: 1,
    resolveAfter: 1,
    hysteresis: 0,
    rules: [],
    sql: 'SELECT 1 AS value FROM {predictions}',
    on: 'predictions',
  })),
};
const [a, b] = MONITORING.monitors;

const TRAINER: TrainerDefinition = { kind: 'built-in', trainer: 'gbdt', parameters: { leaves: 31 } };

const RETRAIN: RetrainDefinition = {
  triggers: [{ on: 'labels', count: 5 }],
  coolDownMs: 1,
  windowMs: null,
  minRows: 1,
  maxRows: 2,
  holdout: 0.2,
  folds: 2,
  search: null,
  calibration: 'none',
  seed: 1,
};

const GATES: GatesDefinition = {
  metric: 'rmse',
  minGain: 0,
  confidence: 0.95,
  tolerance: 0,
  slices: null,
  fairness: null,
  maxLatencyMs: 1,
  maxSizeBytes: 2,
  maxFlipRate: 0,
  backtestRows: 0,
  replayTolerance: 0,
};

const ROLLOUT: RolloutDefinition = {
  steps: [{ kind: 'shadow', holdMs: 1 }],
  guards: [{ metric: 'error_rate', worseBy: 0.1, minRows: 1 }],
  falseRollbackRate: 0.05,
  falsePromotionRate: null,
  minLabelled: 0,
  watchMs: 1,
  deadlineMs: 1,
};

function withFields(...fields: readonly AvroField[]): Partial<PipelineDefinition> {
  return { event: { ...BEFORE.event, schema: { ...BEFORE.event.schema, fields } } };
}

function changes(after: Partial<PipelineDefinition>): readonly string[] {
  return diffDefinitions(BEFORE, { ...BEFORE, ...after }).map(
    ({ path, breaking }) => `${breaking ? 'breaking ' : ''}${path}`,
  );
}

const [price, double] = BEFORE.features;

describe('diffDefinitions', () => {
  it.each<[string, Partial<PipelineDefinition>, readonly string[]]>([
    ['nothing', {}, []],
    [
      'another id, key or time',
      { event: { ...BEFORE.event, id: 'at', key: 'at', time: 'id' } },
      ['breaking event.id', 'breaking event.key', 'breaking event.time'],
    ],
    ['a field removed', withFields(FIELDS[0]!, FIELDS[1]!), ['event.schema.price']],
    [
      'a field added with a default',
      withFields(...FIELDS, { name: 'n', type: ['null', 'int'], default: null }),
      ['event.schema.n'],
    ],
    ['a field added without', withFields(...FIELDS, { name: 'n', type: 'int' }), ['breaking event.schema.n']],
    [
      'a field of another type',
      withFields(FIELDS[0]!, FIELDS[1]!, { name: 'price', type: 'float' }),
      ['breaking event.schema.price'],
    ],
    ['other words about a field', withFields(FIELDS[0]!, { ...FIELDS[1]!, doc: 'then' }, FIELDS[2]!), []],
    ['an expectation changed', { expectations: [{ ...BEFORE.expectations[0]!, on: 'flag' }] }, ['expect.price.range']],
    [
      'an expectation renamed',
      { expectations: [{ ...BEFORE.expectations[0]!, name: 'x' }] },
      ['expect.price.range', 'expect.x'],
    ],
    ['no deduplication', { dedupeWindowMs: null }, ['dedupe']],
    ['a longer window', { dedupeWindowMs: 2_000 }, ['dedupe.window']],
    ['a feature removed', { features: [price!] }, ['breaking features.double']],
    ['a feature added', { features: [price!, double!, { ...price!, name: 'again' }] }, ['features.again']],
    ['a feature of another type', { features: [price!, { ...double!, type: 'string' }] }, ['breaking features.double']],
    ['a feature of another meaning', { features: [price!, { ...price!, name: 'double' }] }, ['features.double']],
    ['features in another order', { features: [double!, price!] }, ['features']],
    ['another task', { model: { task: 'binary-classification', threshold: 0.5 } }, ['breaking model.task']],
    ['another threshold', { model: { task: 'regression', threshold: 0.4 } }, ['model.threshold']],
    ['fewer partitions', { topics: { ...BEFORE.topics, partitions: 2 } }, ['breaking topics.partitions']],
    ['more partitions', { topics: { ...BEFORE.topics, partitions: 8 } }, ['topics.partitions']],
    ['more replicas', { topics: { ...BEFORE.topics, replicationFactor: 3 } }, ['breaking topics.replicationFactor']],
    [
      'topic settings',
      { topics: { ...BEFORE.topics, retentionMs: 5, maxMessageBytes: 5 } },
      ['topics.retention', 'topics.maxMessageBytes'],
    ],
    ['another name', { name: 'other' }, ['breaking name']],
  ])('%s', (_what, after, expected) => {
    expect(changes(after)).toEqual(expected);
  });

  it.each<[string, Partial<LabelDefinition>, readonly string[]]>([
    ['nothing', {}, []],
    [
      'another schema',
      { schema: { ...LABEL.schema, fields: [{ name: 'id', type: 'long' }] } },
      ['breaking label.schema.id'],
    ],
    ['another match', { match: { by: 'key_and_time', key: 'id', time: 'at' } }, ['label']],
    ['another field', { field: 'other' }, ['breaking label.field']],
    ['a class more', { values: { kind: 'classes', classes: ['no', 'yes', 'maybe'] } }, ['label.classes']],
    ['classes in another order', { values: { kind: 'classes', classes: ['yes', 'no'] } }, ['breaking label.classes']],
    ['other values', { values: { kind: 'number' } }, ['breaking label.classes']],
    ['another time', { time: 'known_at' }, ['label.time']],
    ['another revision', { revision: 'n' }, ['breaking label.revision']],
    ['a longer wait', { withinMs: 2_000 }, ['label.within']],
  ])('of a label: %s', (_what, after, expected) => {
    const before = { ...BEFORE, label: LABEL };
    const found = diffDefinitions(before, { ...before, label: { ...LABEL, ...after } });
    expect(found.map(({ path, breaking }) => `${breaking ? 'breaking ' : ''}${path}`)).toEqual(expected);
  });

  it.each<[string, Partial<MonitoringDefinition>, readonly string[]]>([
    ['nothing', {}, []],
    ['grace, slices and receivers', { graceMs: 1, slices: [], receivers: ['x'] }, ['grace', 'slices', 'receivers']],
    ['a bound', { monitors: [a!, { ...b!, rules: [{ metric: 'value', above: 1 }] }] }, ['b']],
    ['one less, one more', { monitors: [b!, { ...a!, name: 'c' }] }, ['a', 'c']],
  ])('of monitors: %s', (_what, after, expected) => {
    const before = { ...BEFORE, monitoring: MONITORING };
    const found = diffDefinitions(before, { ...before, monitoring: { ...MONITORING, ...after } });
    expect(found.map(({ path }) => path)).toEqual(expected.map((name) => `monitor.${name}`));
    expect(found.some(({ breaking }) => breaking)).toBe(false);
  });

  it('of labels and monitors that come and go', () => {
    const after = { ...BEFORE, label: LABEL, monitoring: MONITORING };
    expect(diffDefinitions(BEFORE, after).map(({ path }) => path)).toEqual(['label', 'monitor']);
    expect(diffDefinitions(after, BEFORE).map(({ path }) => path)).toEqual(['label', 'monitor']);
  });

  it.each<[string, Partial<PipelineDefinition>, readonly string[]]>([
    ['nothing', {}, []],
    ['a trainer', { model: { ...BEFORE.model, trainer: TRAINER } }, ['model.trainer']],
    [
      'triggers and times',
      { retrain: { ...RETRAIN, triggers: [], coolDownMs: 2 } },
      ['retrain.on', 'retrain.coolDown'],
    ],
    ['gates', { gates: { ...GATES, maxSizeBytes: 1, maxLatencyMs: 9 } }, ['gates.maxLatencyMs', 'gates.maxSize']],
    [
      'steps and guards',
      { rollout: { ...ROLLOUT, steps: [], guards: [{ metric: 'brier', above: 1, minRows: 1 }], watchMs: 9 } },
      ['rollout.steps', 'rollout.watch', 'rollout.guard.error_rate', 'rollout.guard.brier'],
    ],
    ['no explanations', { explain: undefined }, ['explain']],
  ])('of the loop: %s', (_what, after, expected) => {
    const before: PipelineDefinition = {
      ...BEFORE,
      retrain: RETRAIN,
      gates: GATES,
      rollout: ROLLOUT,
      explain: { top: 5, sample: 0.1, when: null },
    };
    const found = diffDefinitions(before, { ...before, ...after } as PipelineDefinition);
    expect(found.map(({ path }) => path)).toEqual(expected);
    expect(found.some(({ breaking }) => breaking)).toBe(false);
  });

  it('of a loop that comes and goes', () => {
    const after: PipelineDefinition = { ...BEFORE, retrain: RETRAIN, gates: GATES, rollout: ROLLOUT };
    expect(diffDefinitions(BEFORE, after).map(({ path }) => path)).toEqual(['retrain', 'gates', 'rollout']);
    expect(diffDefinitions(after, BEFORE).map(({ path }) => path)).toEqual(['retrain', 'gates', 'rollout']);
    const [trainer] = diffDefinitions(BEFORE, { ...BEFORE, model: { ...BEFORE.model, trainer: TRAINER } });
    expect(trainer?.message).toBe('changes from gbdt to gbdt (leaves 31); the next model is trained by it');
    const bound: TrainerDefinition = { ...TRAINER, monotone: { price: 'increasing' } };
    const model = { ...BEFORE.model, trainer: bound };
    const [monotone] = diffDefinitions(
      { ...BEFORE, model: { ...BEFORE.model, trainer: TRAINER } },
      { ...BEFORE, model },
    );
    expect(monotone?.message).toBe(
      'changes from gbdt (leaves 31) to gbdt (leaves 31, increasing with price); the next model is trained by it',
    );
  });

  it('says what follows', () => {
    const [change] = diffDefinitions(BEFORE, { ...BEFORE, topics: { ...BEFORE.topics, partitions: 8 } });
    expect(change?.message).toBe(
      'changes from 4 to 8; keys move to other partitions, so that around the change events of one key may be out of order and a repeated event may pass',
    );
  });
});

describe('canonicalJson', () => {
  it('is the same for every order of keys, at every depth, and keeps the order of lists', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined, a: 2 }, 3], a: null })).toBe('{"a":null,"b":[{"a":2,"d":1},3]}');
    expect(canonicalJson({ a: null, b: [{ a: 2, d: 1 }, 3] })).toBe('{"a":null,"b":[{"a":2,"d":1},3]}');
  });
});
