import {
  BUSINESS_ENTRY,
  MONITOR,
  MONITOR_SECTIONS,
  type BusinessEntry,
  type MonitorSection,
} from './monitor.schema.js';
import { EXPECT_ENTRY, FEATURE_ENTRY, PIPELINE_FILE, type PipelineFile } from './pipeline-file.schema.js';

/**
 * A pipeline file of which only parts may have the right shape. Entries keep their places in their lists; those of the
 * wrong shape are undefined.
 */
export interface ReadableParts extends Partial<Omit<PipelineFile, 'expect' | 'features' | 'monitor'>> {
  readonly expect: readonly (PipelineFile['expect'][number] | undefined)[];
  readonly features: readonly (PipelineFile['features'][number] | undefined)[];
  readonly monitor?: ReadableMonitor | undefined;
  /** The file has a section of that name, of the right shape or not. */
  readonly hasLabel: boolean;
}

export interface ReadableMonitor extends Omit<MonitorSection, 'business'> {
  readonly business?: readonly (BusinessEntry | undefined)[] | undefined;
  /** Sections that the file names, those of the wrong shape too. */
  readonly sections: number;
}

/** All of a file that has the right shape. */
export function allParts(file: PipelineFile): ReadableParts {
  const { monitor, label } = file;
  return {
    ...file,
    hasLabel: label !== undefined,
    monitor: monitor === undefined ? undefined : { ...monitor, sections: sectionsIn(monitor) },
  };
}

/** What of a misshapen file can still be held against the event's schema, so that one run tells all errors. */
export function readableParts(value: unknown): ReadableParts {
  const file = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const { event, model, label } = PIPELINE_FILE.shape;
  return {
    event: event.safeParse(file['event']).data,
    model: model.safeParse(file['model']).data,
    expect: entriesOf(file['expect']).map((entry) => EXPECT_ENTRY.safeParse(entry).data),
    features: entriesOf(file['features']).map((entry) => FEATURE_ENTRY.safeParse(entry).data),
    label: label.safeParse(file['label']).data,
    hasLabel: file['label'] !== undefined,
    monitor: readableMonitor(file['monitor']),
  };
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

function sectionsIn(given: object): number {
  return Object.entries(given).filter(([key, value]) => value !== undefined && MONITOR_KEYS.has(key)).length;
}

const MONITOR_KEYS: ReadonlySet<string> = new Set([...Object.keys(MONITOR_SECTIONS), 'business']);

function entriesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
