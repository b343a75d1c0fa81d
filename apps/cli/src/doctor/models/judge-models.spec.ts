import type { Appointment, ModelVersion } from '#contracts';
import { judgeArtifact, judgeChampion, judgeStore } from './judge-models.js';

const DEFINITION = {
  name: 'tides',
  features: [
    { name: 'level', type: 'number', kind: 'field', field: 'level' },
    { name: 'wind', type: 'number', kind: 'field', field: 'wind' },
  ],
  model: { task: 'regression', threshold: 0.5 },
} as const;

function champion(changes: Partial<ModelVersion> = {}) {
  const appointment = { version: '3', since: '2026-01-01T00:00:00Z' } as Appointment;
  const version = {
    version: '3',
    task: 'regression',
    features: ['level', 'wind'],
    sha256: 'abcdef0123456789',
    sizeBytes: 2_048,
    artifactUri: 'file:///models/ab/abcdef',
    ...changes,
  } as ModelVersion;
  return { appointment, version };
}

describe('judgeChampion', () => {
  it('is content with one that was made for the features in force', () => {
    expect(judgeChampion(DEFINITION, champion())).toMatchObject([{ severity: 'ok' }]);
  });

  it('warns where there is none, and fails where its version is not on the log', () => {
    expect(judgeChampion(DEFINITION, undefined)).toMatchObject([{ severity: 'warn' }]);
    expect(judgeChampion(DEFINITION, { ...champion(), version: undefined })).toMatchObject([{ severity: 'fail' }]);
  });

  it.each([
    [{ features: ['level'] }, 'level', 'level, wind'],
    [{ features: ['wind', 'level'] }, 'wind, level', 'level, wind'],
    [{ task: 'binary-classification' }, 'binary-classification', 'regression'],
  ] as const)('fails %j, which inference would not score with', (changes, actual, expected) => {
    expect(judgeChampion(DEFINITION, champion(changes))).toMatchObject([{ severity: 'fail', actual, expected }]);
  });
});

describe('judgeArtifact', () => {
  it('passes the bytes that were registered, and names the file to put back where they are gone', () => {
    expect(judgeArtifact('tides', champion(), { ok: true, value: 2_048 })).toMatchObject([{ severity: 'ok' }]);
    const trouble = { kind: 'away', message: 'there is no such file' } as const;
    expect(judgeArtifact('tides', champion(), { ok: false, trouble })).toMatchObject([
      { severity: 'fail', cure: expect.stringContaining('file:///models/ab/abcdef') as string },
    ]);
    expect(judgeArtifact('tides', champion(), { ok: true, value: 9 })).toMatchObject([{ severity: 'warn' }]);
  });
});

describe('judgeStore', () => {
  it('misses a store only where models are in service', () => {
    const gone = { ok: true, value: { exists: false, writable: false } } as const;
    expect(judgeStore('file:///models', gone, false)).toMatchObject([{ severity: 'ok' }]);
    expect(judgeStore('file:///models', gone, true)).toMatchObject([{ severity: 'fail' }]);
    const readOnly = { ok: true, value: { exists: true, writable: false } } as const;
    expect(judgeStore('file:///models', readOnly, true)).toMatchObject([{ severity: 'warn' }]);
  });
});
