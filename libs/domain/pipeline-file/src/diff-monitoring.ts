import type { MonitoringDefinition } from '#contracts';
import { canonicalJson } from './canonical-json.js';
import { change, diffNamed, ms, plain, type DefinitionChange } from './definition-change.js';

export function diffMonitoring(
  before: MonitoringDefinition | undefined,
  after: MonitoringDefinition | undefined,
): readonly DefinitionChange[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [change('monitor', 'the pipeline watches itself from now on', false)];
  if (after === undefined) return [change('monitor', 'the pipeline is no longer watched; its results stay', false)];
  return [
    ...plain('monitor.grace', ms(before.graceMs), ms(after.graceMs)),
    ...lists('monitor.slices', before.slices, after.slices),
    ...lists('monitor.receivers', before.receivers, after.receivers),
    ...diffNamed('monitor', before.monitors, after.monitors),
    ...order(before, after),
  ];
}

function lists(path: string, before: readonly string[], after: readonly string[]): readonly DefinitionChange[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const show = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
  return [change(path, `changes from ${show(before)} to ${show(after)}`, false)];
}

/** Only business monitors have an order of their own. */
function order(before: MonitoringDefinition, after: MonitoringDefinition): readonly DefinitionChange[] {
  const kept = (from: MonitoringDefinition, other: MonitoringDefinition): readonly string[] =>
    from.monitors.flatMap(({ name }) => (other.monitors.some((one) => one.name === name) ? [name] : []));
  const isSame = canonicalJson(kept(before, after)) === canonicalJson(kept(after, before));
  return isSame ? [] : [change('monitor', 'the order changes', false)];
}
