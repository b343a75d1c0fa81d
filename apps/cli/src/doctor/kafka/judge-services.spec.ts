import { Notes } from '../finding.js';
import { judgeServices } from './judge-services.js';

type Facts = Parameters<typeof judgeServices>[0];
type Commit = { offset: number; metadata?: string | null };

const CHECKPOINT = { watermarkMs: 5, from: 40, to: 90, memory: 'm' };

function metadata(checkpoint: unknown): string {
  return JSON.stringify({ v: 1, checkpoint, dropped: {} });
}

/** Validation's group with one commit on one partition; events are kept from 10 to 100, validated from 30 to 95. */
function judged(
  { offset, metadata: kept = metadata(CHECKPOINT) }: Commit,
  { members = 1, events = { low: 10, high: 100 }, validated = { low: 30, high: 95 } } = {},
): Notes['findings'] {
  const ends = {
    ok: true,
    value: new Map([
      ['tides.events', [{ partition: 0, ...events }]],
      ['tides.validated', [{ partition: 0, ...validated }]],
    ]),
  } as const;
  const group = 'eddyline.validation.tides';
  const commits = [{ topic: 'tides.events', partition: 0, offset, metadata: kept }];
  const state = {
    group,
    state: members === 0 ? 'Empty' : 'Stable',
    members: Array.from({ length: members }, (_, index) => ({ id: `m${index}`, host: '/127.0.0.1' })),
    commits,
  };
  const facts: Facts = {
    services: [
      {
        service: 'validation',
        group,
        topics: ['tides.events'],
        state: { ok: true, value: state },
        mayConsume: { ok: true, value: true },
      },
    ],
    before: ends,
    after: ends,
  };
  const notes = new Notes('services', 'tides');
  judgeServices(facts, 'tides', { bootstrap: 'b:9092' }, notes);
  return notes.findings;
}

describe('judgeServices', () => {
  it('counts members and lag', () => {
    expect(judged({ offset: 60 })).toMatchObject([{ severity: 'ok', message: '1 member, lag 40' }]);
  });

  it('takes an offset at the start or the end of the log as it is', () => {
    expect(judged({ offset: 10 })).toMatchObject([{ severity: 'ok' }]);
    expect(judged({ offset: 100 })).toMatchObject([{ severity: 'ok' }]);
  });

  it('warns when nobody runs, and says how much waits', () => {
    expect(judged({ offset: 60 }, { members: 0 })).toMatchObject([
      { severity: 'warn', message: expect.stringContaining('40 records wait') as string },
    ]);
  });

  it('fails an offset that the log no longer holds', () => {
    expect(judged({ offset: 9 })[0]).toMatchObject({
      severity: 'fail',
      subject: 'validation ← tides.events',
      message: expect.stringContaining('up to 1 records were deleted') as string,
    });
  });

  it('fails an offset behind the end', () => {
    expect(judged({ offset: 101 })[0]).toMatchObject({
      severity: 'fail',
      actual: 'partition 0: next 101, end 100',
      cure: expect.stringContaining('--group eddyline.validation.tides --topic tides.events --reset-offsets') as string,
    });
  });

  it.each([null, '', 'somebody else was here', '{"v":2}'])('warns of the metadata %j of somebody else', (text) => {
    expect(judged({ offset: 60, metadata: text })[0]).toMatchObject({ severity: 'warn' });
  });

  it("fails a checkpoint that is not validation's", () => {
    expect(judged({ offset: 60, metadata: metadata({ version: '3' }) })[0]).toMatchObject({
      severity: 'fail',
      subject: 'validation ⟲ tides.validated',
    });
  });

  it('warns when the log begins after what the checkpoint needs, and fails when it ends before', () => {
    const kept = { offset: 60 };
    expect(judged(kept, { validated: { low: 40, high: 90 } })).toMatchObject([{ severity: 'ok' }]);
    expect(judged(kept, { validated: { low: 41, high: 90 } })[0]).toMatchObject({
      severity: 'warn',
      actual: 'partition 0: needs 40, first kept 41',
    });
    expect(judged(kept, { validated: { low: 40, high: 89 } })[0]).toMatchObject({
      severity: 'fail',
      actual: 'partition 0: needs up to 90, end 89',
    });
  });
});
