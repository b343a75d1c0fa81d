import type { ServiceName, ServiceProcesses } from './service-processes.js';

/** What a service answers to its readiness probe: nothing when it is ready, otherwise the reason. */
export async function unreadiness(services: ServiceProcesses, name: ServiceName): Promise<string | undefined> {
  const response = await fetch(`${await services.urlOf(name)}/health/ready`);
  if (response.ok) return undefined;
  const { detail } = (await response.json()) as { detail: string };
  return `${response.status} ${detail}`;
}
