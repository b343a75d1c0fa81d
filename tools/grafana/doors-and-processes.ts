import type { Section } from './dashboard.js';
import { timeSeries } from './panels.js';
import { quantile, rate, series } from './prometheus-queries.js';

/** What is told by service and not by pipeline. */
export const DOORS_AND_PROCESSES: readonly Section[] = [
  {
    title: 'Doors',
    panels: [
      timeSeries({
        title: 'Answers',
        description:
          'Per second, by service and status. 429: refused to keep memory bounded; 5xx: an error of the service’s own.',
        unit: 'reqps',
        min: 0,
        width: 8,
        queries: [
          series(
            '{{job}} {{http_response_status_code}}',
            rate('http_server_request_duration_count', 'job, http_response_status_code', ''),
          ),
        ],
      }),
      timeSeries({
        title: 'An answer takes',
        description: 'By service and route.',
        unit: 's',
        min: 0,
        width: 8,
        queries: [
          series('{{job}} {{http_route}} p99', quantile(0.99, 'http_server_request_duration', 'job, http_route', '')),
        ],
      }),
      timeSeries({
        title: 'Held by requests',
        description: 'Bytes that requests under way hold; beyond the limit they are refused.',
        unit: 'bytes',
        min: 0,
        width: 8,
        queries: [series('{{job}}', 'sum by (job) (eddyline_http_in_flight)')],
      }),
    ],
  },
  {
    title: 'Processes',
    panels: [
      timeSeries({
        title: 'Memory',
        description: 'Resident, and of that used by the JavaScript heap.',
        unit: 'bytes',
        min: 0,
        width: 8,
        queries: [
          series('{{job}} {{instance}}', 'process_memory_usage'),
          series('{{job}} {{instance}} heap', 'v8js_memory_heap_used'),
        ],
      }),
      timeSeries({
        title: 'CPU',
        description: 'Cores that are busy. JavaScript runs on one: near 1 a further member helps.',
        min: 0,
        width: 8,
        queries: [series('{{job}} {{instance}}', rate('process_cpu_time_total', 'job, instance', ''))],
      }),
      timeSeries({
        title: 'Event loop delay',
        description:
          'What 1 % of the timers were late since the last scrape. Seconds: heartbeats are missed, partitions lost.',
        unit: 's',
        min: 0,
        width: 8,
        queries: [series('{{job}} {{instance}}', 'nodejs_eventloop_delay{statistic="p99"}')],
      }),
    ],
  },
];
