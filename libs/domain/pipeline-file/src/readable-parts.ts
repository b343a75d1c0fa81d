import {
  BUSINESS_ENTRY,
  MONITOR,
  MONITOR_SECTIONS,
  type BusinessEntry,
  type MonitorSection,
} from './monitor.schema.js';
import { EXPECT_ENTRY, FEATURE_ENTRY, MODEL, PIPELINE_FILE, type PipelineFile } from './pipeline-file.schema.js';

/**
 * A pipeline file of which only parts may have the right shape. Entries keep their places in their lists; those of the
 * wrong shape are undefined.
 */
export interface ReadableParts extends Partial<Omit<PipelineFile, 'expect' | 'features' | 'monitor'>> {
  readonly expect: readonly (PipelineFile['expect'][number] | undefined)[];
  readonly features: readonly (PipelineFile['features'][number] | undefined)[];
  readonly monitor?: ReadableMonitor | undefined;
  /** Keys that the file has, of the right shape or not. */
  readonly sections: ReadonlySet<string>;
}

export interface ReadableMonitor extends Omit<MonitorSection, 'business'> {
  readonly business?: readonly (BusinessEntry | undefined)[] | undefined;
  /** Sections that the file names, those of the wrong shape too. */
  readonly sections: readonly string[];
}

/** All of a file that has the right shape. */
export function allParts(file: PipelineFile): ReadableParts {
  const { monitor } = file;
  return {
    ...file,
    sections: keysOf(file),
    monitor: monitor === undefined ? undefined : { ...monitor, sections: sectionsIn(monitor) },
  };
}

/** What of a misshapen file can still be held against the event's schema, so that one run tells all errors. */
export function readableParts(value: unknown): ReadableParts {
  const file = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const { event, label, retrain, gates, rollout, explain } = PIPELINE_FILE.shape;
  return {
    event: event.safeParse(file['event']).data,
    model: readableModel(file['model']),
    expect: entriesOf(file['expect']).map((entry) => EXPECT_ENTRY.safeParse(entry).data),
    features: entriesOf(file['features']).map((entry) => FEATURE_ENTRY.safeParse(entry).data),
    label: label.safeParse(file['label']).data,
    monitor: readableMonitor(file['monitor']),
    retrain: retrain.safeParse(file['retrain']).data,
    gates: gates.safeParse(file['gates']).data,
    rollout: rollout.safeParse(file['rollout']).data,
    explain: explain.safeParse(file['explain']).data,
    sections: keysOf(file),
  };
}

/** What the model is for is asked by every other section: it is read even where its trainer can't be. */
function readableModel(value: unknown): PipelineFile['model'] | undefined {
  const whole = MODEL.safeParse(value).data;
  if (whole !== undefined || typeof value !== 'object' || value === null) return whole;
  const { task, threshold } = value as Readonly<Record<string, unknown>>;
  return MODEL.safeParse({ task, threshold }).data ?? MODEL.safeParse({ task }).data;
}

function keysOf(file: object): ReadonlySet<string> {
  return new Set(Object.entries(file).flatMap(([key, value]) => (value === undefined ? [] : [key])));
}

function readableMonitor(value: unknown): ReadableMonitor | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given = value as Readonly<Record<string, unknown>>;
  const read = Object.entries(MONITOR.shape).flatMap(([key, shape]) => {
    const { data } = shape.safeParse(given[key]);
    return key === 'business' || data === undefined ? [] : [[key, data]];
  });
  return {
    ...Object.fromEntries(read),
    business: entriesOf(given['business']).map((entry) => BUSINESS_ENTRY.safeParse(entry).data),
    sections: sectionsIn(given),
  };
}

function sectionsIn(given: object): readonly string[] {
  return Object.entries(given).flatMap(([key, value]) => (value !== undefined && MONITOR_KEYS.has(key) ? [key] : []));
}

const MONITOR_KEYS: ReadonlySet<string> = new Set([...Object.keys(MONITOR_SECTIONS), 'business']);

function entriesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
