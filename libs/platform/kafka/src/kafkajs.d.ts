declare module 'kafkajs/src/broker/index.js' {
  const Broker: unknown;
  export default Broker;
}
declare module 'kafkajs/src/consumer/batch.js' {
  const Batch: unknown;
  export default Batch;
}
declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    writeArray(values: readonly string[], type: 'string'): this;
    writeBoolean(value: boolean): this;
  }
}
declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    constructor(raw: unknown);
    readInt16(): number;
    readInt32(): number;
    readString(): string | null;
    readBoolean(): boolean;
    readArray<T>(read: (decoder: Decoder) => T): T[];
  }
}
declare module 'kafkajs/src/protocol/error.js' {
  const errors: { createErrorFromCode(code: number): Error & { readonly type: string } };
  export default errors;
}
declare module 'kafkajs/src/network/requestQueue/index.js' {
  const RequestQueue: unknown;
  export default RequestQueue;
}
