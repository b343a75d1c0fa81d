/** TCP ports of the parts on 127.0.0.1. */
export interface StackPorts {
  readonly kafka: number;
  readonly kafkaController: number;
  readonly schemaRegistry: number;
  readonly clickhouseHttp: number;
  readonly clickhouseNative: number;
  readonly otlp: number;
}

export const DEFAULT_PORTS: StackPorts = {
  kafka: 9092,
  kafkaController: 9093,
  schemaRegistry: 8081,
  clickhouseHttp: 8123,
  clickhouseNative: 9000,
  otlp: 4318,
};

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
  readonly foreign?: ForeignParts;
  readonly onProgress?: (line: string) => void;
}
