/** Fields that every line of a service has, or that only a machine wants. */
const HIDDEN: ReadonlySet<string> = new Set([
  'level',
  'time',
  'service',
  'message',
  'pid',
  'hostname',
  'trace_id',
  'span_id',
]);

/**
 * A service's JSON log line for a person: `12:00:00.123 validation  warn  message  field=value`. Lines that are not JSON
 * (a stack trace of Node.js) stay as they are, behind the service's name.
 */
export function formatLogLine(service: string, line: string): string {
  const entry = parse(line);
  const name = service.padEnd(10);
  if (!entry) return `${' '.repeat(12)} ${name}        ${line}`;
  const time = typeof entry['time'] === 'string' ? entry['time'].slice(11, 23) : ''.padEnd(12);
  const level = typeof entry['level'] === 'string' ? entry['level'] : 'info';
  const fields = Object.entries(entry)
    .filter(([field]) => !HIDDEN.has(field))
    .map(([field, value]) => `  ${field}=${shown(field, value)}`);
  return `${time} ${name} ${level.padEnd(5)}  ${String(entry['message'] ?? '')}${fields.join('')}`;
}

function shown(field: string, value: unknown): string {
  // An error's stack is what one needs when a service goes down.
  if (field === 'error' && value !== null && typeof value === 'object' && 'stack' in value) return String(value.stack);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
