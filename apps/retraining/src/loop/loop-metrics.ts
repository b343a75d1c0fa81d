import { Injectable } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import type { LifecycleKind, LifecycleState, Serving, TrainingRun } from '#contracts';
import type { LoopRecord } from '#domain/rollout';
import type { PhaseProgress } from '../runs/phase-messages.js';

const PHASES: readonly TrainingRun['phase'][] = ['collecting', 'training', 'gating', 'registering'];

interface Standing {
  readonly state: LifecycleState;
  readonly serving: Serving;
  progress: number | null;
}

/** What Prometheus sees of the loops. */
@Injectable()
export class LoopMetrics {
  private readonly standings = new Map<string, Standing>();
  private readonly events;
  private readonly phases;

  constructor() {
    const meter = metrics.getMeter('eddyline.retraining');
    this.events = meter.createCounter('eddyline.lifecycle.events', {
      description: 'Decisions about the models of a pipeline, by what was decided (`kind`)',
    });
    this.phases = meter.createHistogram('eddyline.run.phase.duration', {
      description: 'Time that a phase of a training run took, by `outcome`: done, refused, weather, died, cancelled',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200] },
    });
    meter
      .createObservableGauge('eddyline.run.phase', { description: '1 in the phase in which a training run is, else 0' })
      .addCallback((result) => {
        for (const [pipeline, { state }] of this.standings) {
          for (const phase of PHASES) result.observe(state.run?.phase === phase ? 1 : 0, { pipeline, phase });
        }
      });
    meter
      .createObservableGauge('eddyline.run.progress', { description: 'How much of the phase of a run is done, 0 to 1' })
      .addCallback((result) => {
        for (const [pipeline, { progress }] of this.standings) {
          if (progress !== null) result.observe(progress, { pipeline });
        }
      });
    meter
      .createObservableGauge('eddyline.rollout.step', {
        description:
          'Step of the rollout that is under way, from 1; one more than there are while it is watched; 0: none',
      })
      .addCallback((result) => {
        for (const [pipeline, { state }] of this.standings) {
          result.observe(state.rollout === null ? 0 : state.rollout.step + 1, { pipeline });
        }
      });
    meter
      .createObservableGauge('eddyline.rollout.share', { description: 'Share of the keys that the challenger serves' })
      .addCallback((result) => {
        for (const [pipeline, { serving }] of this.standings) {
          result.observe(serving.challenger?.share ?? 0, { pipeline });
        }
      });
  }

  /** An event was read from the log, whoever decided it. */
  happened(pipeline: string, kind: LifecycleKind): void {
    this.events.add(1, { pipeline, kind });
  }

  phaseEnded(pipeline: string, phase: TrainingRun['phase'], outcome: string, seconds: number): void {
    this.phases.record(seconds, { pipeline, phase, outcome });
  }

  stands(pipeline: string, { state, serving }: LoopRecord, progress: PhaseProgress | null): void {
    this.standings.set(pipeline, { state, serving, progress: progress?.ratio ?? null });
  }

  /** Another member looks after it now. */
  forget(pipeline: string): void {
    this.standings.delete(pipeline);
  }
}
