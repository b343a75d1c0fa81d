type KafkaHeaders = Readonly<Record<string, Buffer | Buffer[] | string | (Buffer | string)[] | undefined>>;

const NONE: Readonly<Record<string, Buffer | undefined>> = Object.freeze({});

/** Single-valued headers: of a repeated header the last one counts, as in CloudEvents' and W3C's readings. */
export function headersOf(headers: KafkaHeaders | undefined): Readonly<Record<string, Buffer | undefined>> {
  if (headers === undefined) return NONE;
  let repeated = false;
  for (const name in headers) if (Array.isArray(headers[name])) repeated = true;
  if (!repeated) return headers as Readonly<Record<string, Buffer | undefined>>;
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, (Array.isArray(value) ? value.at(-1) : value) as Buffer]),
  );
}
