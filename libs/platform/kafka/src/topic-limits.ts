import kafkajs, { type Kafka } from 'kafkajs';
import { rootCause } from './root-cause.js';

/**
 * The largest record batch that each topic takes (`max.message.bytes`), asked for once. A topic whose limit cannot be told
 * (it is not there yet, or asking is not allowed) has none here.
 */
export class TopicLimits {
  private readonly known = new Map<string, number>();
  private readonly absent = new Set<string>();

  constructor(private readonly kafka: Kafka) {}

  /** Never throws: without Kafka there are no limits to tell, and the send itself will say what is wrong. */
  async of(topics: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
    const missing = [...topics].filter((topic) => !this.known.has(topic));
    if (missing.length > 0) await this.ask(missing).catch(() => undefined);
    return this.known;
  }

  /** Those of `topics` that were not there when they were last asked for. */
  missing(topics: ReadonlySet<string>): ReadonlySet<string> {
    return new Set([...topics].filter((topic) => this.absent.has(topic)));
  }

  /** What is known without asking. */
  get standing(): ReadonlyMap<string, number> {
    return this.known;
  }

  /**
   * After a refusal of several records at once: asks for the limits of their topics; where one was known, and so was
   * lowered meanwhile, it counts as half, until even single records are refused or all of them fit.
   */
  async tighten(topics: ReadonlySet<string>): Promise<void> {
    for (const topic of topics) {
      const limit = this.known.get(topic);
      if (limit !== undefined) this.known.set(topic, Math.min(limit, 1 << 20) / 2);
    }
    await this.of(topics);
  }

  /** To be asked again: a limit may have been altered, or its topic created meanwhile. */
  forget(): void {
    this.known.clear();
  }

  private async ask(topics: readonly string[]): Promise<void> {
    const admin = this.kafka.admin({ retry: { initialRetryTime: 20, retries: 2 } });
    await admin.connect();
    try {
      // One request each: a topic that is not there would fail the answers for the others.
      for (const name of topics) {
        this.absent.delete(name);
        await admin
          .describeConfigs({
            includeSynonyms: false,
            resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: ['max.message.bytes'] }],
          })
          .then(({ resources }) =>
            this.known.set(name, Number(resources[0]?.configEntries[0]?.configValue ?? Infinity)),
          )
          .catch((error: unknown) => {
            if (rootCause(error).type === 'UNKNOWN_TOPIC_OR_PARTITION') this.absent.add(name);
            else this.known.set(name, Infinity);
          });
      }
    } finally {
      await admin.disconnect();
    }
  }
}
