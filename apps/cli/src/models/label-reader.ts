import type { PipelineDefinition } from '#contracts';

/** Reads what a file says of a label as OutcomeRecord's `label`. */
export interface LabelReader {
  /** Null: not known; undefined: it says something that is no label. */
  read(value: unknown): number | null | undefined;
  /** What a label must be, for a person: "must be 0 or 1". */
  readonly expected: string;
}

/** By the pipeline's task, and by the names that its file gives the classes. */
export function labelReaderOf({ model: { task }, label }: Pick<PipelineDefinition, 'model' | 'label'>): LabelReader {
  const classes = label?.values.kind === 'classes' ? label.values.classes : [];
  const byName = new Map(classes.map((name, index) => [name, index]));
  const named = classes.length === 0 ? '' : ` or ${classes.map((name) => JSON.stringify(name)).join(', ')}`;
  const numbers = NUMBERS[task];
  return {
    read(value) {
      if (value === null || value === undefined || value === '') return null;
      return byName.get(String(value)) ?? numbers.read(String(value));
    },
    expected: `must be ${numbers.expected}${named}`,
  };
}

interface NumberReader {
  readonly expected: string;
  read(text: string): number | undefined;
}

const NUMBERS: Readonly<Record<PipelineDefinition['model']['task'], NumberReader>> = {
  'binary-classification': {
    expected: '0 or 1',
    read: (text) => ({ '1': 1, true: 1, '0': 0, false: 0 })[text.toLowerCase()],
  },
  'multiclass-classification': {
    expected: 'the index of a class',
    read: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
  },
  regression: {
    expected: 'a number',
    read: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
  },
};
