import type { ClickHouseClient } from '@clickhouse/client';
import type { ArtifactStore } from '#platform/artifacts';
import type { PhaseOutcome, PhaseProgress, PhaseTask } from '../phase-messages.js';

/** What the work of a phase needs beside its task. */
export interface PhasePorts {
  readonly clickhouse: ClickHouseClient;
  readonly artifacts: ArtifactStore;
  /** Aborted when nobody waits for the phase any more. */
  readonly signal: AbortSignal;
  /** @returns whether anybody still waits for the phase; asked by those who compute and hear nothing */
  readonly tell: (progress: PhaseProgress) => boolean;
  readonly log: (text: string) => void;
}

/** What of a phase comes back from its process. */
export type PhaseEnd = Extract<PhaseOutcome, { kind: 'done' | 'refused' }>;

export type Phase = (task: PhaseTask, ports: PhasePorts) => Promise<PhaseEnd>;

export function refused(reason: string): PhaseEnd {
  return { kind: 'refused', reason };
}
