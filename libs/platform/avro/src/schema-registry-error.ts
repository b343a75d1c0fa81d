/**
 * The registry answered and refused. Thrown for 4xx other than 408 and 429 (those, and 5xx, are Retriable). Callers
 * should tell the person what to change: `errorCode` is the registry's own (40401 unknown subject, 40403 unknown
 * schema, 42201 invalid schema, 409 incompatible).
 */
export class SchemaRegistryError extends Error {
  override readonly name = 'SchemaRegistryError';

  constructor(
    readonly status: number,
    readonly errorCode: number,
    message: string,
  ) {
    super(message);
  }
}
