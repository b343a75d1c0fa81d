import { eddylineVersion } from '#platform/config';
import type { ReceiverRequest } from './alert-notice.js';

/** What a receiver made of a request. `reason` is for a person, and holds nothing secret. */
export type ReceiverAnswer =
  | { readonly kind: 'delivered' }
  /** It will not take this one however often it is sent. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'away'; readonly reason: string; readonly retryAfterMs: number | null };

/** Statuses that may be otherwise the next time, beside all from 500. */
const WEATHER = new Set([408, 425, 429]);
const MOST_OF_AN_ANSWER = 200;

/**
 * One attempt. Redirects are not followed: they would carry the headers, and with them the secrets, elsewhere.
 *
 * @throws what `signal` was aborted with, and nothing else
 */
export async function postRequest(
  { url, headers, body }: ReceiverRequest,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<ReceiverAnswer> {
  const secrets = secretsOf(url, headers);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': `eddyline/${eddylineVersion()}`, ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const said = hidden(await beginningOf(response), secrets);
    if (response.ok) return { kind: 'delivered' };
    const reason = `HTTP ${response.status}${said === '' ? '' : `: ${said}`}`;
    if (response.status < 500 && !WEATHER.has(response.status)) return { kind: 'refused', reason };
    return { kind: 'away', reason, retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()) };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'away', reason: hidden(causeOf(error), secrets), retryAfterMs: null };
  }
}

/** Seconds or an HTTP date → ms from now; null where there is none to be read. */
export function retryAfterMs(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1_000;
  // Date.parse reads all kinds of things as dates.
  const at = /^\s*[A-Za-z]{3,9}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

/** Some receivers say what is wrong in the body; nobody knows how long it is. */
async function beginningOf(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length >= MOST_OF_AN_ANSWER) break; // which cancels the rest
  }
  return text.slice(0, MOST_OF_AN_ANSWER).replace(/\s+/g, ' ').trim();
}

/** Paths of webhooks are passwords. */
function secretsOf(url: string, headers: Readonly<Record<string, string>>): readonly string[] {
  const { pathname, search } = new URL(url);
  return [url, `${pathname}${search}`, pathname, ...Object.values(headers)].filter((text) => text.length > 4);
}

function hidden(text: string, secrets: readonly string[]): string {
  return secrets.reduce((safe, secret) => safe.replaceAll(secret, '…'), text);
}

/** fetch says `fetch failed`, and why in its cause. Read by shape: not every error here is of this realm's class. */
function causeOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return 'no answer in time';
  const { code, message: why } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? why ?? message;
}
