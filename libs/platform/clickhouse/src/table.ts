import type { ColumnType } from './column-type.js';

/** A stored column: what it is called, and what of a row goes into it. */
export interface Column<Row> {
  readonly name: string;
  readonly type: ColumnType;
  /** Shown by DESCRIBE; also tells the planner what a column stood for when it was created. */
  readonly comment: string;
  /** E.g. `Delta(8), ZSTD(1)`; left out: the server's default. */
  readonly codec?: string;
  /** A pure function: a repeated insert must bring the same bytes. */
  readonly value: (row: Row) => unknown;
}

/** A second name for a stored column: takes no space, and is left out of `SELECT *`. */
export interface AliasColumn {
  readonly name: string;
  readonly sqlType: string;
  readonly comment: string;
  /** The stored column that it stands for. */
  readonly of: string;
}

export interface SkipIndex {
  readonly name: string;
  readonly expression: string;
  readonly type: string;
  readonly granularity: number;
}

/** A table as data. Everything is declared once; SQL text, inserts and plans follow from it. */
export interface Table<Row> {
  readonly database: string;
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly Column<Row>[];
  readonly aliases: readonly AliasColumn[];
  readonly indexes: readonly SkipIndex[];
  /** Left out: one partition. */
  readonly partitionBy?: string;
  readonly orderBy: readonly string[];
  /** Of rows that are equal in `orderBy` the one with the highest value in this column replaces the others, in time. */
  readonly replacedBy?: string;
  /** Columns (text, whole numbers, times in ms) that together tell a row from all others; by the first it is looked up. */
  readonly identity: readonly [string, ...string[]];
}

/** A query under a name. */
export interface View {
  readonly database: string;
  readonly name: string;
  readonly comment: string;
  /** In one line, tables with their databases. */
  readonly select: string;
}

/** How tables are made on this installation. */
export interface TableSettings {
  /** Default MergeTree: one node, or a service that replicates by itself. */
  readonly engine?: 'MergeTree' | 'ReplicatedMergeTree';
  /** Statements run ON CLUSTER with this name; default: on the connected node alone. */
  readonly cluster?: string;
}
