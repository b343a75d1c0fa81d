import type { Expectation, PipelineDefinition } from '#contracts';
import type { Event } from './event.js';
import { RollingMedian } from './rolling-median.js';

export type OutlierExpectation = Extract<Expectation, { kind: 'outlier' }>;

/** The reference values of one partition, one window per outlier expectation: a fold over the events that were accepted. */
export class OutlierReference {
  private readonly windows: readonly RollingMedian[];

  private constructor(private readonly expectations: readonly OutlierExpectation[]) {
    this.windows = expectations.map(({ window }) => new RollingMedian(window));
  }

  static empty({ expectations }: Pick<PipelineDefinition, 'expectations'>): OutlierReference {
    return new OutlierReference(outlierExpectationsOf(expectations));
  }

  /** Takes an accepted event in, with its imputed values; an event whose value is null takes a place in the window without being a reference. In place. */
  accept(event: Event): void {
    for (let index = 0; index < this.expectations.length; index++) {
      const value = event[this.expectations[index]!.field];
      this.windows[index]!.add(typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN);
    }
  }

  window(index: number): RollingMedian {
    return this.windows[index]!;
  }
}

export function outlierExpectationsOf(expectations: readonly Expectation[]): readonly OutlierExpectation[] {
  return expectations.filter((expectation) => expectation.kind === 'outlier');
}

/** How many accepted events back the references of a pipeline reach. */
export function outlierReach({ expectations }: Pick<PipelineDefinition, 'expectations'>): number {
  return outlierExpectationsOf(expectations).reduce((reach, { window }) => Math.max(reach, window), 0);
}
