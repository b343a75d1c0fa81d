import { HEADER } from '#contracts';
import { aQuarantined, MemoryLog } from '../../test/quarantine-builders.js';
import { awaitOutcome, ReplayedPositions, type OffsetSource } from './replay-outcome.js';

const RUN = { [HEADER.replayRun]: 'run-1' };
const { signal } = new AbortController();

function put(log: MemoryLog, topic: string, headers: Record<string, string>): void {
  log.append({ topic, partition: 0, key: 'k', value: null, headers });
}

/** Committed offsets grow by one each time they are asked for. */
function offsetsOf(log: MemoryLog, from: number): OffsetSource {
  let committed = from;
  return {
    committed: async () => new Map([[0, committed++]]),
    ends: async (topic) => new Map((await log.ends(topic)).map(({ partition, high }) => [partition, high])),
  };
}

describe('awaitOutcome', () => {
  it('waits until validation has passed the run, and tells its records from all others', async () => {
    const log = new MemoryLog();
    const events = { ...RUN, [HEADER.replayTo]: 'fraud.events' };
    for (let n = 0; n < 4; n++) put(log, 'fraud.events', events);
    put(log, 'fraud.events', { [HEADER.replayRun]: 'earlier', [HEADER.replayTo]: 'fraud.events' });
    // Validation passes one on, which inference refuses then; refuses one; drops two. The rest is not of the run.
    put(log, 'fraud.validated', RUN);
    put(log, 'fraud.validated', {});
    put(log, 'fraud.validated', { ...RUN, [HEADER.replayTo]: 'fraud.validated' });
    log
      .of('fraud.quarantine', 0)
      .push(
        aQuarantined(0, events),
        aQuarantined(1, { ...RUN, [HEADER.quarantineTopic]: 'fraud.validated', [HEADER.quarantineStage]: 'inference' }),
        aQuarantined(2),
      );
    const positions = new ReplayedPositions();
    positions.add({ topic: 'fraud.events', partition: 0, lastOffset: 1 });
    positions.add({ topic: 'fraud.events', partition: 0, lastOffset: 3 });
    const waited: number[] = [];
    const outcome = await awaitOutcome(log, offsetsOf(log, 1), {
      pipeline: 'fraud',
      run: 'run-1',
      positions,
      before: new Map(),
      everyMs: 0,
      signal,
      onWaiting: (_stage, behind) => waited.push(behind),
    });
    expect(outcome).toEqual([{ stage: 'validation', put: 4, accepted: 1, refused: { range: 1 }, duplicates: 2 }]);
    expect(waited).toHaveLength(3);
  });

  it('tells by what was refused again what inference accepted', async () => {
    const log = new MemoryLog();
    const validated = { ...RUN, [HEADER.replayTo]: 'fraud.validated' };
    for (let n = 0; n < 3; n++) put(log, 'fraud.validated', validated);
    log.of('fraud.quarantine', 0).push(aQuarantined(0, { ...validated, [HEADER.quarantineReason]: 'model_error' }));
    const positions = new ReplayedPositions();
    positions.add({ topic: 'fraud.validated', partition: 0, lastOffset: 2 });
    const request = { pipeline: 'fraud', run: 'run-1', positions, before: new Map(), everyMs: 0, signal };
    expect(await awaitOutcome(log, offsetsOf(log, 3), request)).toEqual([
      { stage: 'inference', put: 3, accepted: 2, refused: { model_error: 1 }, duplicates: 0 },
    ]);
  });

  it('gives up when it is told to', async () => {
    const log = new MemoryLog();
    const positions = new ReplayedPositions();
    positions.add({ topic: 'fraud.events', partition: 0, lastOffset: 2 });
    const offsets = { ...offsetsOf(log, 0), committed: async () => new Map<number, number>() };
    const request = { pipeline: 'fraud', run: 'run-1', positions, before: new Map(), everyMs: 0 };
    expect(await awaitOutcome(log, offsets, { ...request, signal: AbortSignal.timeout(20) })).toBeNull();
  });
});
