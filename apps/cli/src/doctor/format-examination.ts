import type { Reporter } from '../terminal/reporter.js';
import type { Examination } from './examine.js';
import { PARTS, worstOf, type DoctorPart, type Finding, type Severity } from './finding.js';

type Style = Parameters<Reporter['style']>[0];
type Paint = Reporter['style'];

const MARKS: Readonly<Record<Severity, { readonly mark: string; readonly style: 'green' | 'yellow' | 'red' }>> = {
  ok: { mark: '✓', style: 'green' },
  warn: { mark: '!', style: 'yellow' },
  fail: { mark: '✗', style: 'red' },
};

/** What a pipeline's checks in a part are of; lines of other parts tell what a count would hide. */
const NOUNS: Partial<Readonly<Record<DoctorPart, string>>> = {
  topics: 'topics',
  'schema registry': 'subjects',
  tables: 'tables',
};
/** Subjects of one cure that are named; the rest is counted. */
const NAMED = 4;

/** Where messages begin; longer subjects push their own line only. */
const SUBJECT_WIDTH = { least: 20, most: 40 } as const;

/**
 * Lines for a person: what was found, part by part, then what to do, once for all that it mends, worst first, and last
 * the verdict, where the eye is. With several pipelines those that are well take one line per part.
 */
export function formatExamination(examination: Examination, tookMs: number, paint: Paint): string[] {
  const { pipelines, skipped } = examination;
  const findings = pipelines.length > 1 ? summarized(examination.findings) : examination.findings;
  const longest = Math.max(0, ...findings.map(({ subject }) => subject.length));
  const width = Math.min(SUBJECT_WIDTH.most, Math.max(SUBJECT_WIDTH.least, longest));
  const lines: string[] = [];
  for (const part of PARTS) {
    const own = findings.filter((finding) => finding.part === part);
    if (own.length === 0) continue;
    lines.push(paint('bold', titleOf(part)), ...own.map((finding) => findingLine(finding, width, paint)), '');
  }
  for (const { what, until } of skipped) lines.push(`– not looked at until ${until}: ${what}`);
  if (skipped.length > 0) lines.push('');
  lines.push(...cureLines(examination.findings, paint));
  lines.push(verdict(examination, tookMs, paint));
  return lines;
}

/** One line for what is well of a pipeline in one part. */
function summarized(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.flatMap((finding) => {
    const { part, pipeline, severity } = finding;
    const noun = NOUNS[part];
    if (pipeline === undefined || noun === undefined || severity !== 'ok') return [finding];
    const key = `${part} ${pipeline}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const same = findings.filter((it) => it.part === part && it.pipeline === pipeline && it.severity === 'ok');
    return same.length === 1
      ? [finding]
      : [{ ...finding, subject: pipeline, message: `${same.length} ${noun} as they should be` }];
  });
}

function findingLine({ subject, message, severity, actual, expected }: Finding, width: number, paint: Paint): string {
  const { mark, style } = MARKS[severity];
  const facts = [
    ...(actual && actual !== 'missing' ? [`now ${actual}`] : []),
    ...(expected ? [`wanted ${expected}`] : []),
  ].join('; ');
  const text = severity === 'ok' ? paint('dim', message) : message;
  return `  ${paint(style, mark)} ${subject.padEnd(width)}  ${text}${facts === '' ? '' : paint('dim', ` (${facts})`)}`;
}

function cureLines(findings: readonly Finding[], paint: Paint): string[] {
  const wrong = [...findings.filter(isOf('fail')), ...findings.filter(isOf('warn'))];
  if (wrong.length === 0) return [];
  const byCure = Map.groupBy(wrong, ({ cure }) => cure ?? '');
  const lines = [paint('bold', 'What to do')];
  for (const [index, [cure, mended]] of [...byCure].entries()) {
    const { mark, style } = MARKS[worstOf(mended)];
    const subjects = [...new Set(mended.map(({ subject }) => subject))];
    const more = subjects.length > NAMED ? ` and ${subjects.length - NAMED} more` : '';
    const number = String(index + 1).padStart(3);
    lines.push(
      `${number} ${paint(style, mark)} ${paint('cyan', cure)}`,
      `      ${paint('dim', `for ${subjects.slice(0, NAMED).join(', ')}${more}`)}`,
    );
  }
  return [...lines, ''];
}

function verdict({ findings, pipelines }: Examination, tookMs: number, paint: Paint): string {
  const worst = worstOf(findings);
  const fails = findings.filter(isOf('fail')).length;
  const warnings = findings.filter(isOf('warn')).length;
  const wrong = [
    ...(fails > 0 ? [counted(fails, 'failure')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  const text = worst === 'ok' ? 'all well' : wrong.join(', ');
  const style: Style = ['bold', MARKS[worst].style];
  const looked = `${counted(findings.length, 'check')}, ${counted(pipelines.length, 'pipeline')}, ${(tookMs / 1_000).toFixed(1)} s`;
  return `${paint(style, `${MARKS[worst].mark} ${text}`)} (${looked})`;
}

function isOf(severity: Severity): (finding: Finding) => boolean {
  return (finding) => finding.severity === severity;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function titleOf(part: DoctorPart): string {
  return part === 'clickhouse' ? 'ClickHouse' : part[0]!.toUpperCase() + part.slice(1);
}
