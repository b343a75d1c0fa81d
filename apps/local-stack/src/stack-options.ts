export interface BrokerPorts {
  readonly port: number;
  readonly controllerPort: number;
}

/** TCP ports of the parts on 127.0.0.1. */
export interface StackPorts {
  /** One for each broker, in the order of their numbers. */
  readonly brokers: readonly BrokerPorts[];
  readonly schemaRegistry: number;
  readonly clickhouseHttp: number;
  readonly clickhouseNative: number;
  readonly otlp: number;
}

/** Brokers count up from Kafka's usual port by two: 9092 and 9093, 9094 and 9095, … */
export function defaultPorts(brokerCount: number): StackPorts {
  return {
    brokers: Array.from({ length: brokerCount }, (_, index) => ({
      port: 9092 + 2 * index,
      controllerPort: 9093 + 2 * index,
    })),
    schemaRegistry: 8081,
    clickhouseHttp: 8123,
    clickhouseNative: 9000,
    otlp: 4318,
  };
}

/** Parts of the user's own that stand in for ours. */
export interface ForeignParts {
  readonly kafkaBrokers?: string | undefined;
  readonly clickhouseUrl?: string | undefined;
  readonly schemaRegistryUrl?: string | undefined;
  readonly otlpEndpoint?: string | undefined;
}

export interface StackOptions {
  /** Absolute path; everything that must survive a restart is below it. */
  readonly stateDir: string;
  /** Absolute path; the broker's jars, shared by all clones of a user. */
  readonly cacheDir: string;
  readonly ports: StackPorts | 'free';
  /** Kafka brokers to start; from three on, topics have three replicas, of which two must acknowledge. */
  readonly brokerCount: number;
  /** Bytes of the disk that ClickHouse may use; undefined: all that are free. Needed to rehearse a full disk. */
  readonly clickhouseDiskBytes?: number | undefined;
  readonly foreign?: ForeignParts;
  readonly onProgress?: (line: string) => void;
}
