/** A labelled event, with its features as they were served. */
export interface DatasetRow {
  readonly id: string;
  /** Event time, ms. */
  readonly time: number;
  /** In the order of the dataset's features; null: missing. */
  readonly features: readonly (number | string | null)[];
  /** As in OutcomeRecord. */
  readonly label: number;
  /** Values of the columns that gates slice by, as text, in their order. */
  readonly slices: readonly string[];
}

/** What the columns of a dataset are: its first line. */
export interface DatasetColumns {
  readonly pipeline: string;
  /** In the order of the model's inputs. */
  readonly features: readonly { readonly name: string; readonly type: 'number' | 'string' }[];
  /** Columns of the log that gates slice by. */
  readonly slices: readonly string[];
}

/** A dataset in memory. */
export interface DatasetContent extends DatasetColumns {
  /** In the order of event time, then id. */
  readonly rows: readonly DatasetRow[];
}
