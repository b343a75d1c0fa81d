/** Addresses of the stack that the run's integration tests share. Same fields as `stack.json`. */
export interface TestStack {
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
  readonly clickhouseUrl: string;
  readonly clickhouseAnalystUrl: string;
  readonly otlpEndpoint: string;
  /** `file://` URL of the stack's artifact store. */
  readonly artifacts: string;
}

/** @throws where no stack was started for this test: only `*.integration.spec.ts` and e2e tests get one. */
export function stack(): TestStack {
  const addresses = process.env.EDDYLINE_TEST_STACK_ADDRESSES;
  if (!addresses) {
    throw new Error('No stack for this test: name its file *.integration.spec.ts, so that jest starts one before it.');
  }
  return JSON.parse(addresses) as TestStack;
}
