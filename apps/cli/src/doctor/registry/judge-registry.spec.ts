import type { CompatibilityLevel } from '#platform/avro';
import { Notes } from '../finding.js';
import { judgeRegistry, judgeSubject } from './judge-registry.js';

const SUBJECT = 'tides.events-value';
const SCHEMA = { type: 'record', name: 'Tide', fields: [] } as const;

interface Known {
  readonly role?: 'event' | 'prediction';
  readonly latest?: number;
  readonly inForce?: number;
  readonly level?: CompatibilityLevel;
}

/** The definition in force was applied when the registry answered id 7. */
function judged({ role = 'event', latest, inForce, level = 'BACKWARD' }: Known): Notes['findings'] {
  const version = (id: number) => ({ subject: SUBJECT, id, version: id - 6, schema: SCHEMA });
  const notes = new Notes('schema registry', 'tides');
  const value = {
    spec: { subject: SUBJECT, schema: SCHEMA, role },
    idInForce: 7,
    latest: latest === undefined ? undefined : version(latest),
    inForce: inForce === undefined ? undefined : version(inForce),
    level,
  };
  judgeSubject(SUBJECT, { ok: true, value }, 'apply', notes);
  return notes.findings;
}

describe('judgeSubject', () => {
  it('is content when the schema in force is the latest', () => {
    expect(judged({ latest: 7, inForce: 7 })).toMatchObject([{ severity: 'ok', message: 'version 1, id 7, BACKWARD' }]);
  });

  it('fails a subject that is missing, and one that lacks the schema in force', () => {
    expect(judged({})).toMatchObject([{ severity: 'fail', actual: 'missing', cure: 'apply' }]);
    expect(judged({ latest: 8 })).toMatchObject([{ severity: 'fail', expected: 'id 7' }]);
  });

  it('fails a registry that gives the schema another id than values carry', () => {
    expect(judged({ latest: 8, inForce: 8 })[0]).toMatchObject({ severity: 'fail', actual: 'id 8', expected: 'id 7' });
  });

  it('lets publishers be ahead of the definition, and nobody else', () => {
    expect(judged({ latest: 9, inForce: 7 })[0]).toMatchObject({ severity: 'ok' });
    expect(judged({ role: 'prediction', latest: 9, inForce: 7 })[0]).toMatchObject({ severity: 'warn' });
  });

  it.each(['NONE', 'FORWARD', 'FORWARD_TRANSITIVE'] as const)('warns of %s', (level) => {
    expect(judged({ latest: 7, inForce: 7, level })).toMatchObject([
      { severity: 'warn', actual: `compatibility ${level}`, expected: 'BACKWARD' },
    ]);
  });

  it.each(['BACKWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE'] as const)('takes %s', (level) => {
    expect(judged({ latest: 7, inForce: 7, level })).toMatchObject([{ severity: 'ok' }]);
  });
});

describe('judgeRegistry', () => {
  it.each([
    ['away', 'start it'],
    ['login', 'SCHEMA_REGISTRY_URL=http://user:password@host:port'],
    ['denied', 'grant'],
    ['odd', 'Apicurio'],
  ] as const)('has a cure for a registry that is %s', (kind, cure) => {
    const answer = { ok: false, trouble: { kind, message: 'no' } } as const;
    expect(judgeRegistry('http://r', answer, 'start it')).toMatchObject([
      { severity: 'fail', cure: expect.stringContaining(cure) as string },
    ]);
  });

  it('takes no answer but a list of subjects for a registry', () => {
    expect(judgeRegistry('http://r', { ok: true, value: { subjects: undefined, clock: null } }, '')).toMatchObject([
      { severity: 'fail' },
    ]);
    const off = { subjects: [], clock: { aheadMs: 90_000, uncertainMs: 500 } };
    expect(judgeRegistry('http://r', { ok: true, value: off }, '')).toMatchObject([
      { severity: 'ok' },
      { severity: 'warn', subject: 'clock' },
    ]);
  });
});
