import { CannotGoOn } from '#platform/kafka';
import { z } from 'zod';

/** What is stored with the offset of `<p>.events`, in the same transaction. */
const CHECKPOINT = z.object({
  /** Newest accepted event time, ms since epoch; null before the first event. */
  watermarkMs: z.number().nullable(),
  /** Offset of `<p>.validated` from which the state is rebuilt. */
  from: z.int().nonnegative(),
  /** One more than the offset of the last event that belongs to the state. */
  to: z.int().nonnegative(),
  /** What `from` reaches back for (Memory.key); another definition may need more. */
  memory: z.string(),
});

export type Checkpoint = z.infer<typeof CHECKPOINT>;

/** @throws CannotGoOn when the offset's metadata holds something else: the group is not this service's, or is newer */
export function readCheckpoint(stored: unknown): Checkpoint | null {
  if (stored === null || stored === undefined) return null;
  const parsed = CHECKPOINT.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new CannotGoOn(
    `the consumer group's checkpoint is not one of validation: ${JSON.stringify(stored)}. Run the version that wrote it, ` +
      'or delete the group, and validation begins anew at the oldest event',
  );
}
