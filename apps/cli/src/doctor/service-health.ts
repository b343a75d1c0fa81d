import { SERVICES } from '../services/service-definitions.js';
import { Notes, type Finding } from './finding.js';

const PROBE_MS = 1_500;

export interface ServiceHealth {
  readonly service: string;
  readonly url: string;
  /** What it waits for; empty when it is ready. */
  readonly waitingFor: readonly string[];
}

/** Where `eddyline services` runs them, when it is not told otherwise. */
const LOCAL = SERVICES.map(({ name, defaultPort }) => ({ service: name, url: `http://127.0.0.1:${defaultPort}` }));

/**
 * Asks services for their health. At a place where nobody answers, or somebody else, there is none: what runs elsewhere,
 * or on other ports, is known by its consumer group alone.
 */
export async function readHealth(
  places: readonly { readonly service: string; readonly url: string }[] = LOCAL,
): Promise<readonly ServiceHealth[]> {
  const found = await Promise.all(places.map(({ service, url }) => healthOf(service, url)));
  return found.filter((health) => health !== undefined);
}

export function judgeHealth(services: readonly ServiceHealth[]): readonly Finding[] {
  const notes = new Notes('services');
  for (const { service, url, waitingFor } of services) {
    if (waitingFor.length === 0) notes.ok(url, `${service} is ready`);
    else {
      notes.warn({
        subject: url,
        message: `${service} runs and waits: ${waitingFor.join('; ')}`,
        actual: 'not ready',
        cure: 'mend what it waits for; it goes on by itself',
      });
    }
  }
  return notes.findings;
}

async function healthOf(service: string, url: string): Promise<ServiceHealth | undefined> {
  try {
    const live = (await ask(`${url}/health/live`)) as { service?: unknown };
    if (live.service !== service) return undefined;
    const ready = (await ask(`${url}/health/ready`)) as { errors?: readonly { code: string; detail: string }[] };
    return { service, url, waitingFor: (ready.errors ?? []).map(({ code, detail }) => `${code}: ${detail}`) };
  } catch {
    return undefined; // nobody there, or somebody else
  }
}

async function ask(url: string): Promise<unknown> {
  return (await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) })).json();
}
