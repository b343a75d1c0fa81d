import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const BROKER = /^(?:\[[0-9a-fA-F:]+\]|[^\s:,]+):(\d{1,5})$/;
const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZE = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB)$/;
const UNIT_BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

function items(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** `host:port`, comma-separated → the list. */
export function brokerList() {
  return z
    .string()
    .transform(items)
    .superRefine((brokers, context) => {
      if (brokers.length === 0) context.addIssue({ code: 'custom', message: 'names no broker' });
      for (const broker of brokers) {
        const port = Number(BROKER.exec(broker)?.[1]);
        if (!(port >= 1 && port <= 65_535)) {
          context.addIssue({ code: 'custom', message: `"${broker}" is not host:port` });
        }
      }
    });
}

/** An http or https address → the same without a slash at its end. */
export function httpUrl() {
  return z.string().transform((text, context) => {
    const url = URL.parse(text.trim());
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      context.addIssue({ code: 'custom', message: 'is not an http(s) address' });
      return z.NEVER;
    }
    return text.trim().replace(/\/+$/, '');
  });
}

/** `file:///absolute/folder`, or `s3://bucket/prefix` → the same, checked. */
export function storeUri() {
  return z.string().transform((text, context) => {
    const url = URL.parse(text.trim());
    if (url?.protocol === 's3:' && url.hostname !== '') return text.trim();
    try {
      if (url?.protocol !== 'file:') throw new Error('not a file: address');
      fileURLToPath(url);
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'is neither the file:// address of an absolute path nor s3://bucket/prefix',
      });
      return z.NEVER;
    }
    return url.href.replace(/\/+$/, '');
  });
}

/** `250ms`, `30s`, `5m`, `6h`, `7d` → milliseconds. */
export function duration() {
  return z.string().transform((text, context) => {
    const match = DURATION.exec(text.trim());
    if (match === null) {
      context.addIssue({ code: 'custom', message: 'is not a duration (a number and ms, s, m, h or d)' });
      return z.NEVER;
    }
    return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  });
}

/** `512KiB`, `16MiB` → bytes. */
export function byteSize() {
  return z.string().transform((text, context) => {
    const match = SIZE.exec(text.trim());
    if (match === null) {
      context.addIssue({ code: 'custom', message: 'is not a size (a number and B, KiB, MiB or GiB)' });
      return z.NEVER;
    }
    return Math.floor(Number(match[1]) * UNIT_BYTES[match[2] as keyof typeof UNIT_BYTES]);
  });
}

/** `0.05` or `5%` → a number in [0, 1]. */
export function ratio() {
  return z.string().transform((text, context) => {
    const percent = text.trim().endsWith('%');
    const value = Number(text.trim().replace(/%$/, '')) / (percent ? 100 : 1);
    if (text.trim() === '' || !(value >= 0 && value <= 1)) {
      context.addIssue({ code: 'custom', message: 'is not a ratio between 0 and 1 (or 0% and 100%)' });
      return z.NEVER;
    }
    return value;
  });
}

/** A whole number within bounds, both allowed. */
export function integer(min: number, max: number) {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text.trim()) || value < min || value > max) {
      context.addIssue({ code: 'custom', message: `is not a whole number from ${min} to ${max}` });
      return z.NEVER;
    }
    return value;
  });
}

/** `true`, `false`, `1`, `0`, `yes`, `no`. */
export function flag() {
  return z.string().transform((text, context) => {
    if (/^(true|1|yes)$/i.test(text.trim())) return true;
    if (/^(false|0|no)$/i.test(text.trim())) return false;
    context.addIssue({ code: 'custom', message: 'is neither true nor false' });
    return z.NEVER;
  });
}

export type PipelineFilter = readonly string[] | 'all';

/** Comma-separated pipeline names → the names. Leave the variable unset for all. */
export function pipelineFilter() {
  return z.string().transform((text, context): PipelineFilter => {
    const names = items(text);
    for (const name of names) {
      if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
        context.addIssue({ code: 'custom', message: `"${name}" cannot be the name of a pipeline` });
      }
    }
    return names.length === 0 || names.includes('all') ? 'all' : names;
  });
}

export interface ApiKey {
  /** Who holds the key; shown in logs. */
  readonly name: string;
  readonly sha256: Buffer;
}

/** `name=<sha256 of the key, hex>`, comma-separated. */
export function apiKeys() {
  return z.string().transform((text, context): readonly ApiKey[] =>
    items(text).map((item) => {
      const [, name = '', hex = ''] = /^([\w.-]+)=([0-9a-fA-F]{64})$/.exec(item) ?? [];
      if (name === '') {
        const shown = /^([\w.-]+)=/.exec(item)?.[1];
        context.addIssue({
          code: 'custom',
          message: `the entry ${shown === undefined ? 'without a name' : `of "${shown}"`} is not name=<64 hex digits of the key's sha256>`,
        });
      }
      return { name, sha256: Buffer.from(hex, 'hex') };
    }),
  );
}
