import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { benchModel } from './model.js';
import type { CardTransaction } from './card-transaction.js';
import { decisionOf } from './decision.js';
import { workloadEvents, type Fault } from './events.js';
import { FEATURES, writeFeatures } from './features.js';
import { isValid } from './rules.js';
import { EVENT_SCHEMA } from './schemas.js';
import { depthOf, leavesOf, makeTreeEnsemble, scoreOf } from './tree-ensemble.js';

const NOW_MS = Date.UTC(2026, 0, 2);

function aTransaction(changes: Partial<CardTransaction> = {}): CardTransaction {
  return {
    event_id: 'evt-1',
    event_time: NOW_MS,
    card_id: 'card-1',
    terminal_id: 'term-1',
    amount: 100,
    currency: 'GBP',
    channel: 'atm',
    country: 'DE',
    merchant_category: 'books',
    is_chip: true,
    hour: 13,
    day_of_week: 6,
    ...{ f1: 0.5, f2: -1, f3: 2, f4: 3, f5: 4, f6: 5, f7: 6, f8: 7, f9: 8, f10: 9, f11: 10, f12: 11 },
    ...changes,
  };
}

describe('the eight rules', () => {
  it.each([
    ['a plain transaction', {}, true],
    ['no event id', { event_id: '' }, false],
    ['no card id', { card_id: '' }, false],
    ['no merchant category', { merchant_category: null }, false],
    ['no amount', { amount: null }, false],
    ['an amount of zero', { amount: 0 }, false],
    ['a negative amount', { amount: -1 }, false],
    ['the largest amount', { amount: 50_000 }, true],
    ['more than the largest amount', { amount: 50_000.01 }, false],
    ['an amount that is no number', { amount: NaN }, false],
    ['an unknown currency', { currency: 'XXX' }, false],
    ['an unknown channel', { channel: 'fax' }, false],
    ['hour 24', { hour: 24 }, false],
    ['a day before the first', { day_of_week: -1 }, false],
    ['a day late', { event_time: NOW_MS - 86_400_000 }, true],
    ['more than a day late', { event_time: NOW_MS - 86_400_001 }, false],
    ['five minutes ahead', { event_time: NOW_MS + 300_000 }, true],
    ['more than five minutes ahead', { event_time: NOW_MS + 300_001 }, false],
  ] satisfies [string, Partial<CardTransaction>, boolean][])('%s', (_, changes, expected) => {
    expect(isValid(aTransaction(changes), NOW_MS)).toBe(expected);
  });
});

describe('features and decision', () => {
  it('are those computed by hand', () => {
    const row = new Float32Array(FEATURES);
    writeFeatures(aTransaction(), row);
    // log1p(100) = 4.61512051684126; GBP, atm and books are the third, third and seventh of their lists.
    const expected = [4.61512051684126, 1, 13, 6, 1, 2, 2, 6, 0.5, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    expect(Array.from(row)).toEqual(expected.map(Math.fround));
  });

  it('write a row of a matrix, and -1 for an unknown category', () => {
    const matrix = new Float32Array(2 * FEATURES);
    writeFeatures(aTransaction({ merchant_category: 'boats', is_chip: false }), matrix, FEATURES);
    expect(matrix[FEATURES - 1]).toBe(0);
    expect([matrix[FEATURES + 4], matrix[FEATURES + 7], matrix[2 * FEATURES - 1]]).toEqual([0, -1, 11]);
  });

  it.each([
    [0.49, 'approve'],
    [0.5, 'review'],
    [0.79, 'review'],
    [0.8, 'decline'],
  ])('a score of %p is %p', (score, decision) => expect(decisionOf(score)).toBe(decision));
});

describe('the events', () => {
  const events = [...workloadEvents()];

  it('are 200,000 with distinct ids, the same each time', () => {
    expect(new Set(events.map(({ event }) => event.event_id)).size).toBe(200_000);
    const hash = createHash('sha256');
    for (const entry of events) hash.update(JSON.stringify(entry));
    expect(hash.digest('hex')).toBe('dc7d57a7e72e89c56896160866a1ed7f43f677c570b6921a1dac8bb24ff0a1a6');
  });

  it('have every field of the schema but the time, in order', () => {
    const fields = EVENT_SCHEMA.fields.map(({ name }) => name).filter((name) => name !== 'event_time');
    expect(Object.keys(events[0]!.event)).toEqual(fields);
  });

  it('break a rule exactly where they were made to, about one in a hundred', () => {
    const faults = new Map<Fault, number>();
    const surprises: string[] = [];
    for (const { event, fault, ageMs } of events) {
      const valid = isValid({ ...event, event_time: NOW_MS - ageMs }, NOW_MS);
      if (valid !== (fault === null)) surprises.push(event.event_id);
      if (fault !== null) faults.set(fault, (faults.get(fault) ?? 0) + 1);
    }
    expect(surprises).toEqual([]);
    const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBe(1_942);
    for (const fault of ['null', 'range', 'enum', 'late', 'hour'] as const) {
      expect(faults.get(fault)).toBeGreaterThan(total * 0.15);
    }
  });

  it('have the distribution of the definition', () => {
    const good = events.filter(({ fault }) => fault === null).map(({ event }) => event);
    const mean = (value: (event: (typeof good)[number]) => number): number =>
      good.reduce((sum, event) => sum + value(event), 0) / good.length;
    expect(mean((event) => Math.log(event.amount!))).toBeCloseTo(3.5, 1);
    expect(mean((event) => (Math.log(event.amount!) - 3.5) ** 2)).toBeCloseTo(1.44, 1);
    expect(mean((event) => Number(event.is_chip))).toBeCloseTo(0.6, 2);
    expect(mean((event) => event.hour)).toBeCloseTo(11.5, 1);
    expect(mean((event) => Number(event.currency === 'CHF'))).toBeCloseTo(0.2, 2);
    expect(mean((event) => event.f12)).toBeCloseTo(0, 1);
    expect(mean((event) => event.f7 ** 2)).toBeCloseTo(1, 1);
    expect(mean((event) => event.f1 * event.f2)).toBeCloseTo(0, 1);
  });
});

describe('the model', () => {
  const ensemble = makeTreeEnsemble();

  it('has the size of the definition', () => {
    const leaves = ensemble.trees.reduce((sum, tree) => sum + leavesOf(tree), 0);
    expect(ensemble.trees).toHaveLength(100);
    expect(Math.max(...ensemble.trees.map(depthOf))).toBe(6);
    expect(leaves).toBeGreaterThan(5_400);
    expect(leaves).toBeLessThan(5_700);
  });

  it('is the same file each time', () => {
    expect(createHash('sha256').update(benchModel()).digest('hex')).toBe(
      '9e0166b6da35c0015ed8c66a781e917e9b04aa4c4402a523cd903d2be5b17116',
    );
  });

  it('scores in ONNX Runtime as its trees do, and reaches every decision', async () => {
    const rows = 5_000;
    const matrix = new Float32Array(rows * FEATURES);
    let row = 0;
    for (const { event, fault } of workloadEvents()) {
      if (fault !== null) continue;
      if (row === rows) break;
      writeFeatures({ ...event, event_time: NOW_MS }, matrix, row++ * FEATURES);
    }
    const session = await InferenceSession.create(benchModel(ensemble));
    const { probabilities } = await session.run({ features: new Tensor('float32', matrix, [rows, FEATURES]) }, [
      'probabilities',
    ]);
    const decisions = new Map<string, number>();
    let largestError = 0;
    for (let index = 0; index < rows; index++) {
      const score = (probabilities!.data as Float32Array)[index * 2 + 1]!;
      const expected = scoreOf(ensemble, matrix.subarray(index * FEATURES, (index + 1) * FEATURES));
      largestError = Math.max(largestError, Math.abs(score - expected));
      decisions.set(decisionOf(score), (decisions.get(decisionOf(score)) ?? 0) + 1);
    }
    expect(largestError).toBeLessThan(1e-6);
    for (const decision of ['approve', 'review', 'decline']) expect(decisions.get(decision)).toBeGreaterThan(rows / 50);
    await session.release();
  });
});
