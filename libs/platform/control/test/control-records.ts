import type { AppliedPipeline, ModelVersion, Serving } from '#contracts';

export function anAppliedPipeline(name: string, revision = 1): AppliedPipeline {
  return {
    definition: {
      name,
      event: {
        schema: {
          type: 'record',
          name: 'Reading',
          fields: [
            { name: 'id', type: 'string' },
            { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
            { name: 'level', type: ['null', 'double'], default: null },
          ],
        },
        id: 'id',
        key: 'id',
        time: 'at',
      },
      expectations: [{ kind: 'range', name: 'level.range', field: 'level', on: 'quarantine', min: 0 }],
      dedupeWindowMs: 3_600_000,
      features: [{ name: 'level', type: 'number', kind: 'field', field: 'level' }],
      model: { task: 'regression', threshold: 0.5 },
      topics: { partitions: 1, replicationFactor: 1, retentionMs: 3_600_000, maxMessageBytes: 1 << 20 },
    },
    revision,
    sha256: 'f'.repeat(64),
    appliedAt: '2026-03-01T12:00:00.000Z',
    appliedBy: 'Zoë ☂',
    schemaIds: { event: 7, prediction: 11 },
  };
}

export function aModelVersion(pipeline: string, version: string): ModelVersion {
  return {
    kind: 'version',
    pipeline,
    version,
    task: 'regression',
    sha256: version.padStart(64, '0'),
    artifactUri: `file:///models/${version}.onnx`,
    sizeBytes: 1_234,
    features: ['level'],
    input: { kind: 'matrix', input: 'features', type: 'float32', columns: 1 },
    output: { output: 'score', width: 1, scoreColumn: 0 },
    registeredAt: '2026-03-01T12:00:00.000Z',
    registeredBy: 'test',
    description: '',
    metadata: { 'eddyline.trainer': 'by hand' },
  };
}

export function aChampion(pipeline: string, version: string, sequence = 1): Serving {
  return {
    kind: 'serving',
    pipeline,
    sequence,
    champion: { version, since: '2026-03-01T12:00:00.000Z', changedBy: 'test', reason: 'first' },
    challenger: null,
    previous: null,
  };
}
