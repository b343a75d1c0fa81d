import { channel } from 'node:diagnostics_channel';
import { DURABLE_STEPS_CHANNEL, reached, type DurableStepReached } from './durable-steps.js';

const PLACE = { group: 'eddyline.validation.fraud', topic: 'fraud.events', partition: 2 };

describe('a durable step', () => {
  const steps = channel(DURABLE_STEPS_CHANNEL);
  let listener: ((message: unknown) => void) | undefined;

  function listen(to: (step: DurableStepReached) => void): void {
    listener = (message) => to(message as DurableStepReached);
    steps.subscribe(listener);
  }

  afterEach(() => {
    if (listener !== undefined) steps.unsubscribe(listener);
  });

  it('says what was done and where', async () => {
    const seen: DurableStepReached[] = [];
    listen((step) => seen.push(step));
    await reached('appended', PLACE);
    expect(seen).toEqual([{ step: 'appended', ...PLACE, hold: expect.any(Function) }]);
  });

  it('waits for as long as a listener holds it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    listen(({ hold }) => hold(promise));
    let over = false;
    const step = reached('written', PLACE).then(() => (over = true));
    await new Promise(setImmediate);
    expect(over).toBe(false);
    resolve();
    await step;
    expect(over).toBe(true);
  });

  it('fails with the error of its listener', async () => {
    listen(({ hold }) => hold(Promise.reject(new Error('the network is down'))));
    await expect(reached('committed', PLACE)).rejects.toThrow('the network is down');
  });
});
