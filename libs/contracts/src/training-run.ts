/** Why a run was asked for. */
export interface RunCause {
  readonly kind: 'drift' | 'performance' | 'estimate' | 'concept' | 'labels' | 'schedule' | 'manual';
  /** Of the alert on `<pipeline>.alerts`; null: none. */
  readonly alertId: string | null;
  /** One sentence for a person. */
  readonly detail: string;
}

/** The rows that a run trains on, as they were taken from the log. */
export interface Dataset {
  /**
   * Immutable in the artifact store: gzipped NDJSON, first the columns `{ pipeline, features, slices }`, then rows `{ id, time,
   * features, label, slices }`, values in the columns' order, rows in that of event time and id.
   */
  readonly artifactUri: string;
  /** Of that text, unpacked. */
  readonly sha256: string;
  /** Of the artifact as it lies there, packed: what the store checks. */
  readonly artifactSha256: string;
  readonly rows: number;
  /** Event time of the first and last row, ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The query, as it was run; null: from a file. */
  readonly query: string | null;
  /** The file's name where there is no query. */
  readonly source: string | null;
}

/** What a trainer made, not yet a version. */
export interface Candidate {
  readonly artifactUri: string;
  readonly sha256: string;
  /** Of what explanations need beside the ONNX file (trees with covers, or weights); null: the model is opaque. */
  readonly explainer: { readonly artifactUri: string; readonly sha256: string } | null;
  readonly trainer: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** On the rows trained on (`train.*`), in cross-validation (`folds.*`), on the holdout (`holdout.*`). */
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** One gate's verdict on a candidate. */
export interface GateResult {
  /** `holdout`, `slices`, `fairness`, `latency`, `size`, `stress`, `backtest`. */
  readonly gate: string;
  readonly verdict: 'passed' | 'failed' | 'not_applicable';
  /** One sentence for a person, with the figures. */
  readonly summary: string;
  /** JSON-safe. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

/**
 * Phases, in order: `collecting` → `training` (not where the candidate came with the request) → `gating` → `registering`; it ends registered, rejected, failed or cancelled, and then
 * the run is gone from the state. A controller that dies in a phase repeats that phase from its recorded input.
 */
export interface TrainingRun {
  /** `run-<sequence of the event that asked for it>`. */
  readonly id: string;
  readonly cause: RunCause;
  readonly requestedBy: string;
  /** Pipeline's clock, event time ms; null where it has none yet. */
  readonly clock: number | null;
  /** Wall clock, ISO 8601. */
  readonly requestedAt: string;
  readonly phase: 'collecting' | 'training' | 'gating' | 'registering';
  /** How often the phase was begun; too often, and the run fails. */
  readonly attempt: number;
  /** What is known once `collecting` is over. */
  readonly dataset: Dataset | null;
  /** Once `training` is over. */
  readonly candidate: Candidate | null;
  /** Once `gating` is over. */
  readonly gates: readonly GateResult[];
}
