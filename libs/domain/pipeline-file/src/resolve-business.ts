import type { MonitorDefinition } from '#contracts';
import { businessSqlProblems } from '#domain/monitors';
import { didYouMean } from '#domain/spelling';
import type { MonitorContext } from './monitor-context.js';
import { paceOf } from './monitor-pace.js';
import { MONITOR_SECTIONS, type BusinessEntry } from './monitor.schema.js';
import { resolveRules } from './resolve-rules.js';
import type { Path } from './yaml-source.js';

const PLACEHOLDERS: readonly string[] = ['predictions', 'outcomes'];
const TAKEN: readonly string[] = Object.keys(MONITOR_SECTIONS);

export function resolveBusiness(
  entries: readonly (BusinessEntry | undefined)[],
  context: MonitorContext,
): readonly MonitorDefinition[] {
  const names = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    if (entry === undefined) return [];
    const path: Path = ['business', index];
    const other = names.get(entry.name);
    if (TAKEN.includes(entry.name)) {
      context.fail([...path, 'name'], `"${entry.name}" is the name of another monitor; choose another`);
    } else if (other !== undefined) {
      context.fail([...path, 'name'], `"${entry.name}" is taken by business[${other}]; choose another`);
    }
    names.set(entry.name, other ?? index);
    return [resolveEntry(entry, path, context)];
  });
}

function resolveEntry(entry: BusinessEntry, path: Path, context: MonitorContext): MonitorDefinition {
  const sql = entry.sql.trim();
  checkSql(entry.sql, [...path, 'sql'], context);
  const readsOutcomes = sql.includes('{outcomes}');
  const on = entry.on ?? (readsOutcomes ? 'outcomes' : 'predictions');
  if ((readsOutcomes || on === 'outcomes') && !context.parts.hasLabel) {
    const at = readsOutcomes ? 'sql' : 'on';
    context.fail([...path, at], 'there are no outcomes without labels; add a section `label`, or read {predictions}');
  }
  return {
    kind: 'business',
    name: entry.name,
    ...paceOf('business', entry, path, context),
    rules: resolveRules({ kind: 'business', path, section: entry }, context),
    sql,
    on,
  };
}

/** What can be told without ClickHouse; the rest is told when the pipeline is applied or the monitor is run. */
function checkSql(sql: string, path: Path, context: MonitorContext): void {
  const start = sql.search(/\S/);
  if (!/^\s*(select|with)\b/i.test(sql)) {
    context.fail(path, 'must be a SELECT (or WITH … SELECT)', { at: 'character', offset: Math.max(0, start) });
  }
  for (const { message, offset } of businessSqlProblems(sql)) context.fail(path, message, { at: 'character', offset });
  let reads = false;
  for (const { 1: name = '', index } of sql.matchAll(/\{([A-Za-z_]\w*)\}/g)) {
    if (PLACEHOLDERS.includes(name)) reads = true;
    else {
      const cure = didYouMean(name, PLACEHOLDERS) || '; there are {predictions} and {outcomes}';
      context.fail(path, `there is no placeholder "${name}"${cure}`, { at: 'character', offset: index });
    }
  }
  if (!reads && !/\{\w*\}/.test(sql)) {
    context.fail(path, 'reads no row of the window; write FROM {predictions} or FROM {outcomes}');
  }
}
