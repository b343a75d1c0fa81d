type KafkaHeaders = Readonly<Record<string, Buffer | Buffer[] | string | (Buffer | string)[] | null | undefined>>;

const NONE: Readonly<Record<string, Buffer | undefined>> = Object.freeze({});

/**
 * Single-valued headers: of a repeated header the last one counts, as in CloudEvents' and W3C's readings. One without a value
 * (Kafka allows null, kafkajs cannot write it) is left out.
 */
export function headersOf(headers: KafkaHeaders | undefined): Readonly<Record<string, Buffer | undefined>> {
  if (headers === undefined) return NONE;
  let asTheyAre = true;
  for (const name in headers) {
    const value = headers[name];
    if (value === null || Array.isArray(value)) asTheyAre = false;
  }
  if (asTheyAre) return headers as Readonly<Record<string, Buffer | undefined>>;
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value] as const)
      .filter((entry): entry is readonly [string, Buffer] => entry[1] !== null),
  );
}
