import type { MonitorDefinition, MonitorKind } from '#contracts';
import { durationMs } from './duration.js';
import { FIRE_AFTER, minRowsOf, PACE } from './monitor-defaults.js';
import type { MonitorContext } from './monitor-context.js';
import type { MonitorSection } from './monitor.schema.js';
import type { Path } from './yaml-source.js';

type Given = Pick<MonitorSection, 'every' | 'window' | 'minRows' | 'fireAfter' | 'resolveAfter' | 'hysteresis'>;
type Pace = Omit<MonitorDefinition, 'name' | 'kind' | 'rules'>;

/** When a monitor is evaluated and over what: its section's word, else that of all, else the default. */
export function paceOf(
  kind: MonitorKind,
  section: Given,
  path: Path,
  context: MonitorContext,
): Pick<Pace, 'everyMs' | 'windowMs' | 'minRows' | 'fireAfter' | 'resolveAfter' | 'hysteresis'> {
  const all = context.monitor;
  checkPace(path, section, context);
  return {
    everyMs: durationMs(section.every ?? all.every ?? PACE.every),
    windowMs: durationMs(section.window ?? all.window ?? PACE.window),
    minRows: section.minRows ?? all.minRows ?? minRowsOf(kind),
    fireAfter: section.fireAfter ?? all.fireAfter ?? FIRE_AFTER[kind] ?? 1,
    resolveAfter: section.resolveAfter ?? all.resolveAfter ?? PACE.resolveAfter,
    hysteresis: section.hysteresis ?? all.hysteresis ?? PACE.hysteresis,
  };
}

/** Between the windows of two evaluations nothing may fall through. */
export function checkPace(path: Path, section: Given, context: MonitorContext): void {
  const { every, window } = section;
  if (every === undefined && window === undefined) return;
  const step = every ?? context.monitor.every ?? PACE.every;
  const span = window ?? context.monitor.window ?? PACE.window;
  if (every !== undefined && durationMs(every) === 0) return context.fail([...path, 'every'], 'must be more than 0');
  if (durationMs(span) >= durationMs(step)) return;
  const key = window === undefined ? 'every' : 'window';
  const message =
    key === 'window'
      ? `${span} is shorter than the ${step} from one evaluation to the next: what lies between would not be looked at`
      : `${step} is longer than the window of ${span}: what lies between two windows would not be looked at; write \`window\` too`;
  context.fail([...path, key], message);
}
