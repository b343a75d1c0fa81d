import type { Expectation } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import { compileExpectations } from '#domain/expectations';
import { aDefinition, aRecord } from '../../test/partition-log.js';
import { memoryOf } from '../state/memory.js';
import { PartitionState } from '../state/partition-state.js';
import { createExpectStep } from './expect.step.js';

const AT = Date.UTC(1996, 4, 7);
const EVENT = { id: 'a', at: AT, price: 0.5 };

const EXPECTATIONS: readonly Expectation[] = [
  { name: 'price.notNull', on: 'impute', imputeWith: 0.1, kind: 'notNull', field: 'price' },
  { name: 'price.range', on: 'quarantine', kind: 'range', field: 'price', max: 1 },
  { name: 'at.timeliness', on: 'flag', kind: 'timeliness', field: 'at', maxLatenessMs: 1_000, maxAheadMs: 60_000 },
];

const DEFINITION = aDefinition({ expectations: EXPECTATIONS });
const expectations = compileExpectations(DEFINITION);
const expectStep = createExpectStep(() => expectations);

function stateAt(watermarkMs: number): PartitionState {
  const state = new PartitionState(memoryOf(DEFINITION, compileIdentity(DEFINITION.event)), DEFINITION.name, 0);
  state.moveWatermark(watermarkMs);
  return state;
}

describe('expectStep', () => {
  it('hands a good event on as it is', () => {
    const record = aRecord(EVENT);
    const checked = expectStep(record, stateAt(AT));
    expect(checked).toEqual({ event: EVENT, imputed: false, flags: [], refused: null });
    expect(checked.event).toBe(record.value);
  });

  it('says why an event is refused', () => {
    const { refused } = expectStep(aRecord({ ...EVENT, price: 2 }), stateAt(AT));
    expect(refused).toEqual({ reason: 'range', message: 'price is 2, above its maximum 1.' });
  });

  it('imputes into a copy', () => {
    const record = aRecord({ ...EVENT, price: null });
    const checked = expectStep(record, stateAt(AT));
    expect(checked).toEqual({
      event: { ...EVENT, price: 0.1 },
      imputed: true,
      flags: ['price.notNull'],
      refused: null,
    });
    expect(record.value['price']).toBeNull();
  });

  it('judges lateness by the watermark of the partition, and haste by when the record was published', () => {
    expect(expectStep(aRecord(EVENT), stateAt(AT + 1_000)).flags).toEqual([]);
    expect(expectStep(aRecord(EVENT), stateAt(AT + 1_001)).flags).toEqual(['at.timeliness']);
    expect(expectStep(aRecord(EVENT, { timestampMs: AT - 60_001 }), stateAt(AT)).flags).toEqual(['at.timeliness']);
  });
});
