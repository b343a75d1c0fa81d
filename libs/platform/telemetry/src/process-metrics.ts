import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Meter } from '@opentelemetry/api';

const RESOLUTION_MS = 20;

/** CPU, memory and event loop delay by the semantic conventions for processes and Node.js. Returns how to stop. */
export function registerProcessMetrics(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const cpu = meter.createObservableCounter('process.cpu.time', { unit: 's', description: 'CPU seconds used' });
  const memory = meter.createObservableGauge('process.memory.usage', { unit: 'By', description: 'Resident memory' });
  const heap = meter.createObservableGauge('v8js.memory.heap.used', { unit: 'By', description: 'Used heap' });
  const uptime = meter.createObservableGauge('process.uptime', { unit: 's', description: 'Seconds since the start' });
  const loop = meter.createObservableGauge('nodejs.eventloop.delay', {
    unit: 's',
    description: 'How late the event loop was since the last scrape',
  });
  const instruments = [cpu, memory, heap, uptime, loop];
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    const { user, system } = process.cpuUsage();
    result.observe(cpu, user / 1e6, { 'cpu.mode': 'user' });
    result.observe(cpu, system / 1e6, { 'cpu.mode': 'system' });
    const { rss, heapUsed } = process.memoryUsage();
    result.observe(memory, rss);
    result.observe(heap, heapUsed);
    result.observe(uptime, process.uptime());
    if (delay.count > 0) {
      for (const [statistic, nanoseconds] of [
        ['p50', delay.percentile(50)],
        ['p99', delay.percentile(99)],
        ['max', delay.max],
      ] as const) {
        // The histogram holds the time between two ticks of a timer, which is the resolution when nothing is late.
        result.observe(loop, Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3), { statistic });
      }
      delay.reset();
    }
  };
  meter.addBatchObservableCallback(observe, instruments);
  return () => {
    meter.removeBatchObservableCallback(observe, instruments);
    delay.disable();
  };
}
