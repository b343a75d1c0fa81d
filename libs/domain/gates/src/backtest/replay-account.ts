import type { GateScores } from '../scorer.js';
import type { LoggedRow } from './logged-row.js';

/** What came out when logged predictions were made anew by the version that had made them. */
export interface VersionReplay {
  readonly version: string;
  readonly rows: number;
  /** To the last bit. */
  readonly equal: number;
  /** Further from the stored score than the tolerance, or without a score. */
  readonly beyond: number;
  readonly maxDifference: number;
  /** The row that lies furthest off. */
  readonly worst: { readonly id: string; readonly stored: number; readonly replayed: number | null } | null;
  /** Why it could not be replayed; null: it was. */
  readonly missing: string | null;
}

/** Compares stored and replayed scores of one version. */
export class ReplayAccount {
  private rows = 0;
  private equal = 0;
  private beyond = 0;
  private maxDifference = 0;
  private worst: VersionReplay['worst'] = null;

  constructor(
    private readonly version: string,
    private readonly tolerance: number,
  ) {}

  add(row: LoggedRow, { scores, classScores }: GateScores, at: number): void {
    this.rows++;
    const replayed = scores[at]!;
    const classes = classScores === null ? 0 : classScores.length / scores.length;
    let difference = Math.abs(replayed - row.score);
    if (row.classScores.length !== classes) difference = NaN;
    for (let k = 0; k < classes; k++) {
      const own = Math.abs(classScores![at * classes + k]! - row.classScores[k]!);
      // NaN stays NaN.
      difference = own <= difference ? difference : own;
    }
    if (difference === 0) this.equal++;
    if (!(difference <= this.tolerance)) this.beyond++;
    const isWorse = Number.isFinite(difference)
      ? difference > this.maxDifference
      : this.worst === null || this.worst.replayed !== null;
    if (!isWorse) return;
    if (Number.isFinite(difference)) this.maxDifference = difference;
    this.worst = { id: row.id, stored: row.score, replayed: Number.isFinite(replayed) ? replayed : null };
  }

  result(missing: string | null = null): VersionReplay {
    const { version, rows, equal, beyond, maxDifference, worst } = this;
    return { version, rows, equal, beyond, maxDifference, worst, missing };
  }

  /** A row whose version cannot be had. */
  pass(): void {
    this.rows++;
    this.beyond++;
  }
}
