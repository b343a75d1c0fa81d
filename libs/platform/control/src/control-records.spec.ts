import { APPLIED_PIPELINE_SCHEMA, REGISTRY_ENTRY_SCHEMA } from '#contracts';
import { aChampion, aModelVersion, anAppliedPipeline } from '../test/control-records.js';
import { fromAppliedPipeline, fromRegistryEntry, toAppliedPipeline, toRegistryEntry } from './control-records.js';

function fieldsOf({ fields }: { readonly fields: readonly { readonly name: string }[] }): readonly string[] {
  return fields.map(({ name }) => name);
}

describe('control records', () => {
  it('give back the pipeline that they were made of', () => {
    const applied = anAppliedPipeline('tides', 3);
    expect(toAppliedPipeline(fromAppliedPipeline(applied))).toEqual(applied);
  });

  it.each([aModelVersion('tides', '12'), aChampion('tides', '12')])('give back a $kind', (entry) => {
    expect(toRegistryEntry(fromRegistryEntry(entry))).toEqual(entry);
  });

  it('have the fields of their schemas, no more and no fewer', () => {
    expect(Object.keys(fromAppliedPipeline(anAppliedPipeline('tides')))).toEqual(fieldsOf(APPLIED_PIPELINE_SCHEMA));
    expect(Object.keys(fromRegistryEntry(aChampion('tides', '1')))).toEqual(fieldsOf(REGISTRY_ENTRY_SCHEMA));
  });

  it('say in flat fields who did what, when', () => {
    expect(fromAppliedPipeline(anAppliedPipeline('tides', 3))).toMatchObject({
      name: 'tides',
      revision: 3,
      applied_by: 'Zoë ☂',
      event_schema_id: 7,
    });
    const version = { ...aModelVersion('tides', '12'), registeredBy: 'ann' };
    expect(fromRegistryEntry(version)).toMatchObject({ kind: 'version', recorded_by: 'ann' });
    const serving = aChampion('tides', '12');
    const appointment = { version: '13', changedBy: 'bob', since: '2026-04-01T00:00:00.000Z', reason: 'better' };
    const challenger = { ...appointment, mode: 'canary', share: 0.1, salt: 's' } as const;
    expect(fromRegistryEntry({ ...serving, challenger })).toMatchObject({
      kind: 'serving',
      recorded_by: 'bob',
      recorded_at: '2026-04-01T00:00:00.000Z',
    });
  });
});
