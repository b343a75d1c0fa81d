import { mostImportant } from '#domain/explain';
import { printable } from '../terminal/printable.js';
import { formatTable } from '../terminal/table.js';
import type { ExplainedEvent } from './explain-event.js';

/** Characters of the longest bar, to either side. */
const BAR = 20;
const LONGEST_TEXT = 40;

const METHODS = {
  tree_shap: 'exactly, from the trees',
  linear_shap: 'exactly, from the weights',
  sampling_shap: 'estimated, by asking the model',
} as const;

const UNITS: Readonly<Record<string, string>> = {
  log_odds: 'log odds',
  class_margin: 'margin of the class',
};

/** For people: the features by how much they contributed, with bars to the left (less) and to the right (more). */
export function formatExplanation({ prediction, explanation }: ExplainedEvent): string[] {
  const { event_id, model_version, role, score, decision, features } = prediction;
  const { method, unit, base, output, contributions } = explanation;
  const largest = Math.max(...contributions.map(({ contribution }) => Math.abs(contribution)));
  const rows = mostImportant(contributions, contributions.length);
  return [
    `${printable(event_id, LONGEST_TEXT)}: score ${figure(score)}${decision === '' ? '' : ` (${decision})`} by version ${model_version}, ${role}`,
    `${UNITS[unit] ?? unit} ${figure(output)}, of which ${figure(base)} where nothing is known; ${METHODS[method]}`,
    '',
    ...formatTable(
      [
        { title: 'feature', value: ({ feature }) => printable(feature, LONGEST_TEXT) },
        { title: 'value', value: ({ feature }) => valueOf(features[feature]), align: 'right' },
        { title: 'contributes', value: ({ contribution }) => signed(contribution), align: 'right' },
        { title: '', value: ({ contribution }) => barOf(contribution, largest) },
      ],
      rows,
    ),
  ];
}

function barOf(contribution: number, largest: number): string {
  const length = largest === 0 ? 0 : Math.round((Math.abs(contribution) / largest) * BAR);
  const bar = '█'.repeat(length);
  return contribution < 0 ? `${bar.padStart(BAR)}│` : `${' '.repeat(BAR)}│${bar}`;
}

function valueOf(value: number | string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'number' ? figure(value) : printable(value, LONGEST_TEXT);
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${figure(value)}`;
}

/** Four digits that matter. */
function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}
