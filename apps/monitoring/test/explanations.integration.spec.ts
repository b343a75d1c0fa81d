import { EXPLANATION_SCHEMA, topicOf, valueSubjectOf, type ExplanationRecord } from '#contracts';
import { Publisher } from '#platform/kafka';
import { eventually } from '#platform/testing';
import { MonitoringHarness } from './monitoring-harness.js';

const EXPLANATION: ExplanationRecord = {
  event_id: 'r-1',
  event_time: Date.UTC(2026, 3, 1),
  model_version: '3',
  role: 'canary',
  prediction_partition: 1,
  prediction_offset: 17,
  method: 'linear_shap',
  unit: 'value',
  base_value: 0.5,
  output: 0.75,
  contributions: [{ feature: 'price', contribution: 0.25 }],
  why: 'when',
  explained_at: Date.UTC(2026, 3, 2),
  trace_id: 'ab'.repeat(16),
};

describe('explanations', () => {
  it('come to the log as they lie on their topic', async () => {
    const harness = await MonitoringHarness.create({ changes: { explain: { top: 3, sample: 0.1, when: null } } });
    const publisher = new Publisher(harness.kafka);
    try {
      await (
        await harness.start()
      ).ready;
      const topic = topicOf(harness.definition.name, 'explanations');
      const id = await harness.registry.register(valueSubjectOf(topic), EXPLANATION_SCHEMA);
      const value = harness.codecs.encoderFor(EXPLANATION_SCHEMA, id)(EXPLANATION);
      await publisher.publish([{ topic, partition: 1, key: EXPLANATION.event_id, value }]);
      const rows = await eventually(async () => {
        const found = await harness.select(`SELECT * FROM ${harness.database}.explanations`);
        expect(found).toHaveLength(1);
        return found;
      });
      expect(rows[0]).toEqual({
        ...EXPLANATION,
        event_time: '2026-04-01 00:00:00.000',
        explained_at: '2026-04-02 00:00:00.000',
        prediction_offset: 17,
        top_features: ['price'],
        log_partition: 1,
        log_offset: 0,
      });
      expect(harness.fatal).toEqual([]);
    } finally {
      await publisher.close();
      await harness.close();
    }
  });
});
