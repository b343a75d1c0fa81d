import type avsc from 'avsc';
import { parseAvroType } from './avro-type.js';
import type { SchemaRegistryClient } from './schema-registry-client.js';
import { SchemaRegistryError } from './schema-registry-error.js';

/** What is known about a writer schema id. */
export type WriterSchema =
  | { readonly kind: 'known'; readonly type: avsc.Type }
  /** The registry has it, but it is not an Avro schema that we can read. Final: ids are immutable. */
  | { readonly kind: 'unreadable'; readonly problem: string }
  /** The registry does not know it now; another producer may register it later. */
  | { readonly kind: 'unknown'; readonly untilMs: number };

export interface WriterSchemasOptions {
  /** For how long an id that the registry does not know is not asked for again. Default 10,000 ms. */
  readonly unknownForMs?: number;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

/** Requests to the registry at once. Garbage on a topic may name thousands of ids. */
const MAX_CONCURRENT = 8;
/** Entries before old ones are let go. Registries hold fewer ids; garbage does not. */
const MAX_ENTRIES = 4_096;

/**
 * Writer schemas by id: fetched once, however many ask at a time.
 *
 * Memory is bounded by two generations: when the young one is full it becomes the old one, and an old entry that is used
 * again returns to the young. An entry thus outlives MAX_ENTRIES newer ids, more than a batch can bring between its
 * prefetch and its decoding.
 */
export class WriterSchemas {
  private young = new Map<number, WriterSchema>();
  private old = new Map<number, WriterSchema>();
  private readonly pending = new Map<number, Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private readonly unknownForMs: number;
  private readonly now: () => number;

  constructor(
    private readonly client: SchemaRegistryClient,
    options: WriterSchemasOptions = {},
  ) {
    this.unknownForMs = options.unknownForMs ?? 10_000;
    this.now = options.now ?? (() => performance.now());
  }

  get(id: number): WriterSchema | undefined {
    const young = this.young.get(id);
    if (young !== undefined) return young;
    const old = this.old.get(id);
    if (old !== undefined) this.remember(id, old);
    return old;
  }

  /** @throws Retriable('registry_unreachable') */
  async load(ids: Iterable<number>): Promise<void> {
    const loads: Promise<void>[] = [];
    for (const id of ids) {
      const entry = this.get(id);
      if (entry === undefined || (entry.kind === 'unknown' && this.now() >= entry.untilMs)) loads.push(this.fetch(id));
    }
    if (loads.length > 0) await Promise.all(loads);
  }

  private fetch(id: number): Promise<void> {
    const pending = this.pending.get(id);
    if (pending !== undefined) return pending;
    const load = this.inTurn(() => this.ask(id))
      .then((entry) => this.remember(id, entry))
      .finally(() => this.pending.delete(id));
    this.pending.set(id, load);
    return load;
  }

  private async ask(id: number): Promise<WriterSchema> {
    // Registries count ids up from 1; what is below is garbage that happens to begin with 0x00.
    if (id < 1) return { kind: 'unknown', untilMs: Infinity };
    try {
      const schema = await this.client.getSchema(id);
      try {
        return { kind: 'known', type: parseAvroType(schema) };
      } catch (error) {
        return { kind: 'unreadable', problem: `schema ${id} is not a valid Avro schema: ${(error as Error).message}` };
      }
    } catch (error) {
      if (!(error instanceof SchemaRegistryError)) throw error;
      if (error.status === 404) return { kind: 'unknown', untilMs: this.now() + this.unknownForMs };
      if (error.status === 422) return { kind: 'unreadable', problem: `schema ${id}: ${error.message}` };
      throw error;
    }
  }

  private remember(id: number, entry: WriterSchema): void {
    if (this.young.size >= MAX_ENTRIES && !this.young.has(id)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(id, entry);
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= MAX_CONCURRENT) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }
}
