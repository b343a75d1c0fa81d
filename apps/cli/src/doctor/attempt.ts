import { SchemaRegistryError } from '#platform/avro';
import { ClickHouseRefused } from '#platform/clickhouse';
import { rootCause } from '#platform/kafka';
import { Retriable } from '#platform/outcomes';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../terminal/failure.js';

/** Why something could not be looked at. */
export interface Trouble {
  /** `away`: no answer. `login`: name or password refused. `denied`: known, but not allowed. `odd`: an answer that makes no sense. */
  readonly kind: 'away' | 'login' | 'denied' | 'odd';
  readonly message: string;
}

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly trouble: Trouble };

/**
 * Does a piece of looking within its own time. Never throws: what fails is a finding, and must not hide others. A late
 * piece goes on unheard; the command ends without it.
 */
export async function attempt<T>(deadlineMs: number, look: () => Promise<T>): Promise<Attempt<T>> {
  const stop = new AbortController();
  const late = delay(deadlineMs, 'late' as const, { signal: stop.signal, ref: false }).catch(() => 'late' as const);
  const looking = look().then(
    (value): Attempt<T> => ({ ok: true, value }),
    (error: unknown): Attempt<T> => ({ ok: false, trouble: troubleOf(error) }),
  );
  const first = await Promise.race([looking, late]);
  stop.abort();
  if (first !== 'late') return first;
  return { ok: false, trouble: { kind: 'away', message: `no answer within ${deadlineMs / 1_000} s` } };
}

const CLICKHOUSE_LOGIN = new Set([192, 193, 194, 516]);
const CLICKHOUSE_DENIED = 497;
const SOCKET =
  /\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EAI_AGAIN|EPIPE)\b|timed? ?out|closed connection|socket hang up/i;

export function troubleOf(error: unknown): Trouble {
  if (error instanceof Retriable) return { kind: 'away', message: error.message };
  if (error instanceof ClickHouseRefused) {
    if (CLICKHOUSE_LOGIN.has(error.code)) return { kind: 'login', message: `user or password refused (${error.code})` };
    if (error.code === CLICKHOUSE_DENIED) return { kind: 'denied', message: firstLine(error.detail) };
    return { kind: 'odd', message: `${error.message}: ${firstLine(error.detail)}` };
  }
  if (error instanceof SchemaRegistryError) {
    if (error.status === 401) return { kind: 'login', message: 'user or password refused (HTTP 401)' };
    if (error.status === 403) return { kind: 'denied', message: `not allowed (HTTP 403): ${error.message}` };
    return { kind: 'odd', message: `HTTP ${error.status}: ${error.message}` };
  }
  if (error instanceof SyntaxError) return { kind: 'odd', message: `the answer is not JSON: ${error.message}` };
  const name = error instanceof Error ? error.name : '';
  const { type = '', message } = rootCause(error);
  if (name.startsWith('KafkaJSSASL') || type === 'SASL_AUTHENTICATION_FAILED') return { kind: 'login', message };
  if (type.endsWith('_AUTHORIZATION_FAILED')) return { kind: 'denied', message };
  if (SOCKET.test(message)) return { kind: 'away', message };
  return { kind: 'odd', message: messageOf(error) };
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.slice(0, 300);
}
