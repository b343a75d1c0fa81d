import { z } from 'zod';
import type { Severity } from '#contracts';

export const RECEIVER_KINDS = ['webhook', 'slack', 'alertmanager'] as const;
export type ReceiverKind = (typeof RECEIVER_KINDS)[number];

/** Where alerts are sent. */
export interface ReceiverSettings {
  /** As pipeline files name it. */
  readonly name: string;
  readonly kind: ReceiverKind;
  /** Without credentials: those are in `headers`. Its path may be a secret all the same, and is never shown. */
  readonly url: string;
  /** Alerts below it are not sent. */
  readonly minSeverity: Severity;
  readonly headers: Readonly<Record<string, string>>;
  /** How often an alert that fires on is told again, ms; null: never. Alertmanager forgets an alert that is not. */
  readonly repeatMs: number | null;
  /** How long one request may take, ms. */
  readonly timeoutMs: number;
}

/** Alertmanager counts as resolved what it has not heard of for four times this long. */
export const ALERTMANAGER_REPEAT_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;
/** Set by each request itself. */
const OWN_HEADERS = new Set(['content-type', 'content-length', 'host', 'idempotency-key', 'transfer-encoding']);

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const durationMs = z.string('is not a duration such as 4h').transform((text, context) => {
  const match = DURATION.exec(text.trim());
  const ms = match === null ? 0 : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  if (ms <= 0) context.addIssue({ code: 'custom', message: 'is not a duration such as 4h' });
  return ms;
});

const webUrl = z.string('must be an http(s) address').refine((text) => {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'http:' || protocol === 'https:';
}, 'is not an http(s) address');

const headers = z.record(z.string(), z.string('must be text')).superRefine((given, context) => {
  for (const [name, value] of Object.entries(given)) {
    if (OWN_HEADERS.has(name.toLowerCase())) {
      context.addIssue({ code: 'custom', path: [name], message: 'is set by the request itself' });
      continue;
    }
    try {
      new Headers([[name, value]]);
    } catch {
      context.addIssue({ code: 'custom', path: [name], message: 'cannot be an HTTP header' });
    }
  }
});

const receiver = z.strictObject({
  kind: z.enum(RECEIVER_KINDS, `is not one of ${RECEIVER_KINDS.join(', ')}`),
  url: webUrl,
  minSeverity: z.enum(['info', 'warning', 'critical'], 'is not info, warning or critical').default('info'),
  headers: headers.default({}),
  repeat: durationMs.optional(),
  timeout: durationMs.optional(),
});

const receivers = z.record(
  z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'cannot be the name of a receiver (a-z, 0-9, - and _)'),
  receiver,
);

/** What ReceiverSettings are written as: JSON text, `{ "<name>": { "kind": …, "url": …, … } }` → by name. Never tells values. */
export function alertReceivers() {
  return z.string().transform((text, context): ReadonlyMap<string, ReceiverSettings> => {
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
    const parsed = receivers.safeParse(given);
    if (parsed.success) {
      return new Map(Object.entries(parsed.data).map(([name, settings]) => [name, settingsOf(name, settings)]));
    }
    for (const issue of parsed.error.issues) {
      const where = issue.path.map(String).join('.');
      context.addIssue({ code: 'custom', message: `${where === '' ? '' : `${where}: `}${messageOf(issue)}` });
    }
    return z.NEVER;
  });
}

/** zod's own texts quote no values, save those of names; a name that is refused says why. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

function settingsOf(name: string, given: z.infer<typeof receiver>): ReceiverSettings {
  const url = new URL(given.url);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return {
    name,
    kind: given.kind,
    url: url.href,
    minSeverity: given.minSeverity,
    headers: { ...(username === '' ? {} : { authorization: `Basic ${basic}` }), ...given.headers },
    repeatMs: given.repeat ?? (given.kind === 'alertmanager' ? ALERTMANAGER_REPEAT_MS : null),
    timeoutMs: given.timeout ?? DEFAULT_TIMEOUT_MS,
  };
}
