import kafkajs, { type Kafka } from 'kafkajs';

/**
 * The largest record batch that each topic takes (`max.message.bytes`), asked for once. A topic whose limit cannot be told
 * (it is not there yet, or asking is not allowed) has none here.
 */
export class TopicLimits {
  private readonly known = new Map<string, number>();

  constructor(private readonly kafka: Kafka) {}

  /** Never throws: without Kafka there are no limits to tell, and the send itself will say what is wrong. */
  async of(topics: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
    const missing = [...topics].filter((topic) => !this.known.has(topic));
    if (missing.length > 0) await this.ask(missing).catch(() => undefined);
    return this.known;
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
        await admin
          .describeConfigs({
            includeSynonyms: false,
            resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: ['max.message.bytes'] }],
          })
          .then(({ resources }) =>
            this.known.set(name, Number(resources[0]?.configEntries[0]?.configValue ?? Infinity)),
          )
          .catch(() => this.known.set(name, Infinity));
      }
    } finally {
      await admin.disconnect();
    }
  }
}
