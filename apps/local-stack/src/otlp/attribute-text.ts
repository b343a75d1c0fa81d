import type { AnyValue, KeyValue } from './trace-request.js';

/** Attributes as the Collector's exporter stores them: every value as text. A key that comes twice keeps its last value. */
export function attributeMap(attributes: readonly KeyValue[] | null | undefined): Record<string, string> {
  const map: Record<string, string> = {};
  for (const { key, value } of attributes ?? []) if (key) map[key] = attributeText(value);
  return map;
}

/** Text of one value, by the rules of the Collector's `pcommon.Value.AsString`: arrays and maps as JSON, bytes as base64. */
export function attributeText(value: AnyValue | null | undefined): string {
  const plain = plainValue(value);
  if (plain === null) return '';
  return typeof plain === 'object' ? JSON.stringify(plain, asJson) : String(plain);
}

type Plain = string | number | bigint | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

function plainValue(value: AnyValue | null | undefined): Plain {
  if (!value) return null;
  if (isSet(value.stringValue)) return value.stringValue;
  if (isSet(value.boolValue)) return value.boolValue;
  if (isSet(value.intValue)) return BigInt(value.intValue);
  if (isSet(value.doubleValue)) return Number(value.doubleValue);
  if (isSet(value.arrayValue)) return (value.arrayValue.values ?? []).map(plainValue);
  if (isSet(value.kvlistValue)) {
    return Object.fromEntries((value.kvlistValue.values ?? []).map((item) => [item.key ?? '', plainValue(item.value)]));
  }
  if (isSet(value.bytesValue)) {
    return typeof value.bytesValue === 'string' ? value.bytesValue : Buffer.from(value.bytesValue).toString('base64');
  }
  return null;
}

/** 64-bit numbers inside arrays and maps keep their digits where JSON's numbers would lose them: they become text there. */
function asJson(_: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null;
}
