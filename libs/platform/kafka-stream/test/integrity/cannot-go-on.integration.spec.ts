import { eventually } from '#platform/testing';
import { CannotGoOn } from '#platform/kafka';
import type { PipelineSource } from '../../src/index.js';
import { numbers, StreamHarness } from '../stream-harness.js';
import { passingStage } from './stages.js';

describe('a pipeline that cannot go on', () => {
  const harnesses: StreamHarness[] = [];
  afterEach(() => Promise.all(harnesses.splice(0).map((harness) => harness.close())));

  it('is stopped with the reason, its offsets where they were; the others of the process go on', async () => {
    harnesses.push(await StreamHarness.create(1), await StreamHarness.create(1));
    const [healthy, broken] = harnesses as [StreamHarness, StreamHarness];
    await healthy.publish(numbers(100, 0));
    await broken.publish(numbers(100, 0));
    const catalog: PipelineSource = {
      subscribe(listener) {
        for (const { pipeline } of harnesses) void listener({ kind: 'applied', pipeline });
        return () => undefined;
      },
    };
    const Refusing = passingStage({
      before: (_, { pipeline }) => {
        if (pipeline.definition.name === broken.name) throw new CannotGoOn('a checkpoint of another version');
      },
    });
    const stage = await healthy.start(Refusing, { catalog });
    const statusOf = ({ name }: StreamHarness) =>
      stage.server.stageStatuses().find(({ pipeline }) => pipeline === name);
    await eventually(() =>
      expect(statusOf(broken)).toMatchObject({ state: 'stopped', reason: 'a checkpoint of another version' }),
    );
    await healthy.publish(numbers(100, 100));
    await eventually(async () => expect(await healthy.keys('validated')).toHaveLength(200));
    expect(statusOf(healthy)).toMatchObject({ state: 'running', reason: null });
    expect(stage.fatal).toEqual([]);
    expect((await broken.committed())[0]!.offset).toBe(-1);

    // It left its group: an instance that can go on takes the partitions over.
    await broken.start(passingStage());
    await eventually(async () => expect(await broken.keys('validated')).toHaveLength(100));
  });
});
