import type { Consumer } from 'kafkajs';

/**
 * What this member may work on, by its own knowledge. kafkajs answers for a batch in hand with the membership of the
 * moment: an offset committed late goes out under the new generation, even for a partition that meanwhile belongs to
 * another member, and the broker, which looks at the generation only, takes it. So every batch remembers the generation
 * in which it began and asks here, in the same turn, before it commits, resolves or seeks.
 */
export class GroupMembership {
  private count = 0;
  private assigned: Readonly<Record<string, readonly number[]>> | null = null;
  private askedMs = Number.NEGATIVE_INFINITY;
  private heardMs = Number.NEGATIVE_INFINITY;

  /** @param joined called in every new generation, when the partitions of this member are known */
  constructor(
    consumer: Consumer,
    private readonly sessionTimeoutMs: number,
    joined: () => void,
  ) {
    consumer.on(consumer.events.REQUEST, ({ payload: { apiName, duration } }) => {
      // When it was sent, not when the answer is read: a process that was frozen reads an old one when it wakes.
      if (apiName === 'Heartbeat' || apiName === 'SyncGroup') this.askedMs = performance.now() - duration;
      // Heard before kafkajs takes the new generation over: nothing of the old one is under way from here on.
      if (apiName === 'JoinGroup') this.end();
    });
    consumer.on(consumer.events.HEARTBEAT, () => (this.heardMs = this.askedMs));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
      this.heardMs = this.askedMs;
      this.end(); // what was begun while joining belongs to neither generation
      this.assigned = memberAssignment;
      joined();
    });
  }

  /** Grows with every change; compare for equality. */
  get generation(): number {
    return this.count;
  }

  owns(topic: string, partition: number): boolean {
    return this.assigned?.[topic]?.includes(partition) === true;
  }

  /** False when the group has heard nothing of this member for a whole session, which it may not know yet. */
  get inSession(): boolean {
    return performance.now() - this.heardMs < this.sessionTimeoutMs;
  }

  private end(): void {
    this.count++;
    this.assigned = null;
  }
}
