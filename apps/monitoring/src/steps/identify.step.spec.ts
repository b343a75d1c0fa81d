import type { AvroRecordSchema, PipelineDefinition } from '#contracts';
import type { QuarantinedEvent } from '#platform/clickhouse';
import type { DecoderFactory } from '#platform/kafka';
import { createIdentifyStep } from './identify.step.js';

const schema = (name: string): AvroRecordSchema => ({ type: 'record', name, fields: [] });
const DEFINITION = {
  name: 'grid',
  event: { schema: schema('Event'), id: 'reading', key: 'region', time: 'at' },
  label: { schema: schema('Label'), match: { by: 'id', field: 'about' } },
} as unknown as PipelineDefinition;

/** Reads values as JSON, each schema its own. */
const decoders: DecoderFactory = {
  decoderFor: ({ name }) => ({
    prefetch: () => Promise.resolve(),
    decode: (value) => {
      const { is, ...fields } = JSON.parse(value!.toString()) as Record<string, unknown>;
      return is === name
        ? { ok: true, value: fields, schemaId: 1 }
        : { ok: false, reason: 'unknown_schema', message: 'another schema' };
    },
  }),
};

const refused = (topic: string, value: object, eventId = '') =>
  ({ eventId, topic, value: Buffer.from(JSON.stringify(value)) }) as QuarantinedEvent;

describe('identifyStep', () => {
  const idsOf = async (definition: PipelineDefinition, ...events: QuarantinedEvent[]) =>
    (await createIdentifyStep(decoders)(definition, events)).map(({ eventId }) => eventId);

  it('reads the id of events, and that of the event which a label is about, each by its schema', async () => {
    expect(
      await idsOf(
        DEFINITION,
        refused('grid.events', { is: 'Event', reading: 'e-1' }),
        refused('grid.labels', { is: 'Label', about: 7 }),
        refused('grid.validated', { is: 'Event', reading: 'e-2' }),
        refused('grid.labels', { is: 'Label', about: 'l' }, 'from-the-header'),
      ),
    ).toEqual(['e-1', '7', 'e-2', 'from-the-header']);
  });

  it('leaves empty what it cannot read, and what is not of this pipeline', async () => {
    const events = [
      refused('grid.labels', { is: 'Event', about: 'x' }),
      refused('other.events', { is: 'Event', reading: 'x' }),
      refused('grid.events', { is: 'Event', reading: null }),
    ];
    expect(await idsOf(DEFINITION, ...events)).toEqual(['', '', '']);
  });

  it('leaves empty labels that know no id', async () => {
    const { label, ...definition } = DEFINITION;
    const byKey = { ...definition, label: { ...label, match: { by: 'key_and_time', key: 'k', time: 't' } } };
    expect(await idsOf(byKey as PipelineDefinition, refused('grid.labels', { is: 'Label', about: 'x' }))).toEqual(['']);
  });
});
