import { sqlIdentifier } from '#contracts';
import { evidenceSelect, examplesOf, sliceOf } from '../evidence.js';
import { MOST_CATEGORIES, type DriftSubject } from './drift-query.js';

/** Smaller slices are left out: their PSI is noise. */
const SMALLEST_SLICE = 100;
const SLICES = 5;

/**
 * Slices whose rows differ most from the reference (`value` is the PSI of the slice's rows against all of the reference,
 * with its bins), and the predictions that are most unlike it: by how rare their category or their missing value is there,
 * or by how many standard deviations their value is from its mean (-ln of the share, or half the squared deviations).
 *
 * @param reference rows with the subject's column, as text after FROM
 * @param window the window's predictions
 */
export function driftEvidence(
  { column, type }: DriftSubject,
  reference: string,
  window: string,
  slices: readonly string[],
): string {
  const value = sqlIdentifier(column);
  const isNumber = type === 'number';
  const missing = isNumber ? `isNaN(ifNull(${value}, nan))` : `isNull(${value})`;
  const bin = isNumber ? decileOf(value, missing, reference) : categoryOf(value, reference);
  const known = `(SELECT sumMap(map(${bin}, toUInt64(1))) FROM ${reference})`;
  const rare = `-log((${known}[${bin}] + 0.5) / (SELECT count() + 1 FROM ${reference}))`;
  const [mean, deviation] = ['avg', 'stddevPopStable'].map(
    (aggregate) => `(SELECT ${aggregate}(${value}) FROM ${reference} WHERE isFinite(${value}))`,
  );
  const unlike = isNumber
    ? `if(${missing}, ${rare}, if(${deviation} > 0, pow((ifNull(${value}, 0) - ${mean}) / ${deviation}, 2) / 2, toFloat64(ifNull(${value}, 0) != ${mean})))`
    : rare;
  return evidenceSelect({
    ...(slices.length === 0 ? {} : { slices: shiftedSlices(slices, bin, known, window) }),
    examples: examplesOf(window, `${unlike} DESC`),
  });
}

function decileOf(value: string, missing: string, reference: string): string {
  const levels = '0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9';
  const edges = `(SELECT arrayDistinct(quantilesExactLow(${levels})(${value})) FROM ${reference} WHERE NOT ${missing})`;
  return `if(${missing}, 'missing', toString(arrayCount(edge -> edge < ifNull(${value}, 0), ${edges})))`;
}

/** The frequent categories of the reference, the others that it has, and those that it has not. */
function categoryOf(value: string, reference: string): string {
  const frequent = `(SELECT ${value} FROM ${reference} WHERE isNotNull(${value}) GROUP BY ${value} ORDER BY count() DESC, ${value} LIMIT ${MOST_CATEGORIES})`;
  const known = `(SELECT ${value} FROM ${reference} WHERE isNotNull(${value}))`;
  return `multiIf(isNull(${value}), 'missing', ${value} IN ${frequent}, concat('=', assumeNotNull(${value})), ${value} IN ${known}, 'rare', 'unseen')`;
}

function shiftedSlices(columns: readonly string[], bin: string, known: string, window: string): string {
  const psi = `arraySum(key -> ((found[key] + 0.5) / (rows + bins / 2) - (expected[key] + 0.5) / (all + bins / 2))
    * log(((found[key] + 0.5) / (rows + bins / 2)) / ((expected[key] + 0.5) / (all + bins / 2))), keys)`;
  return `SELECT slice, ${psi} AS value, rows FROM (
    SELECT *, ${known} AS expected, arraySum(mapValues(expected)) AS all,
      arrayDistinct(arrayConcat(mapKeys(expected), mapKeys(found))) AS keys, length(keys) AS bins
    FROM (SELECT ${sliceOf(columns)} AS slice, sumMap(map(${bin}, toUInt64(1))) AS found, count() AS rows FROM ${window} GROUP BY slice HAVING rows >= ${SMALLEST_SLICE}))
  ORDER BY value DESC, slice LIMIT ${SLICES}`;
}
