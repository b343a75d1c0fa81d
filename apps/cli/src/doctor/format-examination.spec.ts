import { Notes, type DoctorPart, type Finding } from './finding.js';
import { formatExamination } from './format-examination.js';

function shown(findings: readonly Finding[], pipelines: readonly string[] = ['tides']): readonly string[] {
  const inForce = pipelines.map((name) => ({ name, revision: 1 }));
  return formatExamination({ findings, pipelines: inForce, skipped: [] }, 1_234, (_, text) => text);
}

function wellOf(part: DoctorPart, pipeline: string, ...subjects: string[]): readonly Finding[] {
  const notes = new Notes(part, pipeline);
  for (const subject of subjects) notes.ok(subject, 'fine');
  return notes.findings;
}

describe('formatExamination', () => {
  it('lists what was looked at, and ends with the verdict', () => {
    expect(shown(wellOf('topics', 'tides', 'tides.events'))).toEqual([
      'Topics',
      '  ✓ tides.events          fine',
      '',
      '✓ all well (1 check, 1 pipeline, 1.2 s)',
    ]);
  });

  it('says a cure once for all that it mends, failures first', () => {
    const notes = new Notes('topics', 'tides');
    notes.warn({ subject: 'a', message: 'odd', actual: '1', expected: '2', cure: 'wait' });
    notes.fail({ subject: 'b', message: 'gone', actual: 'missing', cure: 'apply' });
    notes.fail({ subject: 'c', message: 'gone', cure: 'apply' });
    expect(shown(notes.findings).slice(1)).toEqual([
      '  ! a                     odd (now 1; wanted 2)',
      '  ✗ b                     gone',
      '  ✗ c                     gone',
      '',
      'What to do',
      '  1 ✗ apply',
      '      for b, c',
      '  2 ! wait',
      '      for a',
      '',
      '✗ 2 failures, 1 warning (3 checks, 1 pipeline, 1.2 s)',
    ]);
  });

  it('takes one line for each pipeline that is well among several, and hides no complaint', () => {
    const ill = new Notes('topics', 'waves');
    ill.fail({ subject: 'waves.events', message: 'gone', cure: 'apply' });
    const findings = [...wellOf('topics', 'tides', 'tides.events', 'tides.validated'), ...ill.findings];
    expect(shown(findings, ['tides', 'waves']).slice(0, 3)).toEqual([
      'Topics',
      '  ✓ tides                 2 topics as they should be',
      '  ✗ waves.events          gone',
    ]);
  });
});
