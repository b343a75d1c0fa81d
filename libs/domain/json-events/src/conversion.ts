/** Why a part of a JSON event cannot become a part of the Avro event. */
export type JsonEventReason =
  'missing_field' | 'null_value' | 'type' | 'range' | 'set' | 'not_finite' | 'unknown_field' | 'too_deep';

export interface JsonEventError {
  /** JSON pointer (RFC 6901) into the event; empty: the event itself. */
  readonly pointer: string;
  readonly reason: JsonEventReason;
  /** One sentence for a person: what was found, what is wanted. */
  readonly message: string;
}

/** The one event being converted: where we are in it and what was found wrong. */
export class Conversion {
  readonly errors: JsonEventError[] = [];
  private readonly path: (string | number)[] = [];

  get depth(): number {
    return this.path.length;
  }

  enter(part: string | number): void {
    this.path.push(part);
  }

  leave(): void {
    this.path.pop();
  }

  /** Notes an error at the current place, or at one of its parts. */
  fail(reason: JsonEventReason, message: string, part?: string): undefined {
    const path = part === undefined ? this.path : [...this.path, part];
    const pointer = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    this.errors.push({ pointer, reason, message });
    return undefined;
  }
}

/** JSON value → Avro value as the encoder takes it; undefined when an error was noted. */
export type Convert = (value: unknown, conversion: Conversion) => unknown;

/** A JSON value by its kind, shown short: it goes back to the one who sent it. */
export function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
