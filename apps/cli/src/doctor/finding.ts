/** The parts of an installation, in the order in which they are told. */
export const PARTS = [
  'kafka',
  'topics',
  'schema registry',
  'clickhouse',
  'tables',
  'artifacts',
  'pipelines',
  'services',
] as const;
export type DoctorPart = (typeof PARTS)[number];

/** `fail`: broken, or losing data. `warn`: works, and will not always. `ok`: looked at, nothing to do. */
export type Severity = 'ok' | 'warn' | 'fail';

/** What one look at one thing came to. */
export interface Finding {
  readonly part: DoctorPart;
  /** The pipeline whose things these are; left out for what all share. */
  readonly pipeline?: string;
  /** What was looked at: `electricity.events`, `broker 2`, `electricity.predictions.nsw_price`. */
  readonly subject: string;
  readonly severity: Severity;
  /** One sentence; for `warn` and `fail` with the consequence. */
  readonly message: string;
  readonly actual?: string;
  readonly expected?: string;
  /** A command line or a setting. */
  readonly cure?: string;
}

export type Complaint = Omit<Finding, 'part' | 'severity' | 'pipeline'> & { readonly cure: string };

/** Findings of one part and, where given, one pipeline. */
export class Notes {
  readonly findings: Finding[] = [];

  constructor(
    private readonly part: DoctorPart,
    private readonly pipeline?: string,
  ) {}

  ok(subject: string, message: string): void {
    this.add({ subject, message }, 'ok');
  }

  warn(complaint: Complaint): void {
    this.add(complaint, 'warn');
  }

  fail(complaint: Complaint): void {
    this.add(complaint, 'fail');
  }

  /** `whenClean` is noted when nothing was complained of about the subject. */
  orOk(subject: string, whenClean: string): void {
    if (!this.findings.some((finding) => finding.subject === subject && finding.severity !== 'ok')) {
      this.ok(subject, whenClean);
    }
  }

  private add(finding: Omit<Finding, 'part' | 'severity' | 'pipeline'>, severity: Severity): void {
    const { part, pipeline } = this;
    this.findings.push({ part, ...(pipeline !== undefined && { pipeline }), severity, ...finding });
  }
}

export function worstOf(findings: readonly Finding[]): Severity {
  if (findings.some(({ severity }) => severity === 'fail')) return 'fail';
  return findings.some(({ severity }) => severity === 'warn') ? 'warn' : 'ok';
}
