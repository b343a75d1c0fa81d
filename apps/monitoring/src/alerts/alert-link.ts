import { z } from 'zod';
import type { AlertRecord } from '#contracts';

const PARTS: Readonly<Record<string, (alert: AlertRecord) => string>> = {
  id: ({ id }) => id,
  pipeline: ({ pipeline }) => pipeline,
  database: ({ pipeline }) => pipeline.replaceAll('-', '_'),
  monitor: ({ monitor }) => monitor,
  metric: ({ metric }) => metric,
  subject: ({ subject }) => subject,
  slice: ({ slice }) => slice,
  /** The window, ms since epoch. */
  from: ({ window_start }) => String(window_start),
  to: ({ window_end }) => String(window_end),
};
const PLACE = /\{([^{}]*)\}/g;

/** An http(s) address with `{pipeline}`, `{from}` … where the alert's own parts come → the same, checked. */
export function alertLinkTemplate() {
  return z.string().transform((text, context) => {
    const unknown = [...text.matchAll(PLACE)].map(([, name = '']) => name).filter((name) => !(name in PARTS));
    for (const name of unknown) {
      const message = `has {${name}}, which is none of ${Object.keys(PARTS).join(', ')}`;
      context.addIssue({ code: 'custom', message });
    }
    const protocol = URL.parse(text.trim().replaceAll(PLACE, 'x'))?.protocol;
    if (protocol !== 'http:' && protocol !== 'https:') {
      context.addIssue({ code: 'custom', message: 'is not an http(s) address' });
    }
    return text.trim();
  });
}

export function alertLinkOf(template: string | undefined, alert: AlertRecord): string | null {
  if (template === undefined) return null;
  return template.replaceAll(PLACE, (_place, name: string) =>
    encodeURIComponent((PARTS[name]?.(alert) ?? '').toWellFormed()),
  );
}
