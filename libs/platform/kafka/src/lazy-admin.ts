import type { Admin, Kafka } from 'kafkajs';

/** One admin connection, made when it is first asked for and kept. */
export class LazyAdmin {
  private admin: Promise<Admin> | undefined;

  constructor(private readonly kafka: Kafka) {}

  /** @throws what kafkajs throws while Kafka is away; the next question connects anew */
  connected(): Promise<Admin> {
    this.admin ??= (async () => {
      const admin = this.kafka.admin();
      await admin.connect();
      return admin;
    })();
    this.admin.catch(() => (this.admin = undefined));
    return this.admin;
  }

  /** Whoever asks afterwards gets a new connection. */
  async disconnect(): Promise<void> {
    const admin = this.admin;
    this.admin = undefined;
    await (await admin?.catch(() => undefined))?.disconnect();
  }
}
