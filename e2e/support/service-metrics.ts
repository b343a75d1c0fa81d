import type { ServiceName, ServiceProcesses } from './service-processes.js';

/** Sum over all label sets of one of a service's own metrics, 0 when it was never counted. */
export async function metricOf(services: ServiceProcesses, name: ServiceName, metric: string): Promise<number> {
  const response = await fetch(`${await services.urlOf(name)}/metrics`);
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith(`${metric}{`));
  return lines.reduce(
    (sum, line) =>
      sum +
      Number(
        line
          .slice(line.lastIndexOf('}') + 1)
          .trim()
          .split(' ')[0],
      ),
    0,
  );
}
