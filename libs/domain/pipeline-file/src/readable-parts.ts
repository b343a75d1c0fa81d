import { EXPECT_ENTRY, FEATURE_ENTRY, PIPELINE_FILE, type PipelineFile } from './pipeline-file.schema.js';

/**
 * A pipeline file of which only parts may have the right shape. Entries keep their places in their lists; those of the
 * wrong shape are undefined.
 */
export interface ReadableParts extends Partial<Omit<PipelineFile, 'expect' | 'features'>> {
  readonly expect: readonly (PipelineFile['expect'][number] | undefined)[];
  readonly features: readonly (PipelineFile['features'][number] | undefined)[];
}

/** What of a misshapen file can still be held against the event's schema, so that one run tells all errors. */
export function readableParts(value: unknown): ReadableParts {
  const file = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const { event, model } = PIPELINE_FILE.shape;
  return {
    event: event.safeParse(file['event']).data,
    model: model.safeParse(file['model']).data,
    expect: entriesOf(file['expect']).map((entry) => EXPECT_ENTRY.safeParse(entry).data),
    features: entriesOf(file['features']).map((entry) => FEATURE_ENTRY.safeParse(entry).data),
  };
}

function entriesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
