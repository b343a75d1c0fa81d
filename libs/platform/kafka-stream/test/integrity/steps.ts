import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { DURABLE_STEPS_CHANNEL, type DurableStep, type DurableStepReached } from '#platform/kafka';

/** Hears the durable steps of one group until it is closed. */
export class Steps {
  private readonly listener: (message: unknown) => void;

  constructor(group: string, onStep: (step: DurableStepReached) => void) {
    this.listener = (message) => {
      const step = message as DurableStepReached;
      if (step.group === group) onStep(step);
    };
    subscribe(DURABLE_STEPS_CHANNEL, this.listener);
  }

  close(): void {
    unsubscribe(DURABLE_STEPS_CHANNEL, this.listener);
  }

  /** Holds the n-th step of a kind until `release` is called; `reached` resolves when a stage stands there. */
  static hold(
    group: string,
    step: DurableStep,
    nth = 1,
  ): { readonly reached: Promise<DurableStepReached>; release(error?: Error): void } {
    const reached = Promise.withResolvers<DurableStepReached>();
    const until = Promise.withResolvers<void>();
    until.promise.catch(() => undefined);
    let count = 0;
    const steps = new Steps(group, (message) => {
      if (message.step !== step || ++count !== nth) return;
      steps.close();
      message.hold(until.promise);
      reached.resolve(message);
    });
    return {
      reached: reached.promise,
      release: (error) => (error === undefined ? until.resolve() : until.reject(error)),
    };
  }

  /** Fails the first step of a kind, as an outage would. @returns resolves when it was reached */
  static fail(group: string, step: DurableStep, error: Error, nth = 1): Promise<DurableStepReached> {
    const held = Steps.hold(group, step, nth);
    held.release(error);
    return held.reached;
  }
}
