/** Avro schemas as plain JSON (Avro 1.11 specification). */
export type AvroSchema = string | AvroNamed | readonly AvroSchema[];

export interface AvroNamed {
  readonly type: string | AvroNamed | readonly AvroSchema[];
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly logicalType?: string;
  readonly fields?: readonly AvroField[];
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
  readonly symbols?: readonly string[];
  readonly size?: number;
  readonly precision?: number;
  readonly scale?: number;
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly doc?: string;
  readonly default?: unknown;
}

export interface AvroRecordSchema extends AvroNamed {
  readonly type: 'record';
  readonly name: string;
  readonly fields: readonly AvroField[];
}
