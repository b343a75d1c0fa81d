import { featureColumnName, sqlIdentifier, sqlString, type Feature } from '#contracts';

/** Bins of a numeric subject: between the reference's deciles. */
const DECILES = [1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Categories of the reference that are told apart, the most frequent ones; the rest is one. */
export const MOST_CATEGORIES = 50;
/** Numeric subjects that one thread takes up together. */
const SUBJECTS_AT_ONCE = 9;
/** A window of more rows is represented by about as many of them, picked by a hash of their place on the topic. */
export const MOST_ROWS = 100_000;
/** The largest float64 whose lowest bit is free. */
const MOST = '1.7976931348623155e308';
const ALL_BUT_LOWEST_BIT = '18446744073709551614';

/** What is compared: a feature or the score. */
export interface DriftSubject {
  readonly name: string;
  readonly column: string;
  readonly type: Feature['type'];
}

export function subjectsOf(
  names: readonly string[],
  features: readonly Feature[],
  withScore: boolean,
): readonly DriftSubject[] {
  const subjects: DriftSubject[] = names.map((name) => {
    const feature = features.find((one) => one.name === name);
    if (feature === undefined) throw new Error(`drift of "${name}" cannot be told: the pipeline has no such feature`);
    return { name, column: featureColumnName(name), type: feature.type };
  });
  return withScore ? [{ name: scoreSubject(features), column: 'score', type: 'number' }, ...subjects] : subjects;
}

/** What the score is called beside the features; longer where a feature has the name. */
export function scoreSubject(features: readonly Pick<Feature, 'name'>[]): string {
  return features.some(({ name }) => name === 'score') ? 'prediction.score' : 'score';
}

/** A row of the query's answer: one subject. Figures are null where a side has no rows, or where the type has none. */
export interface DriftRow {
  readonly subject: string;
  /** `number` or `string`. */
  readonly type: Feature['type'];
  readonly referenceRows: number;
  readonly rows: number;
  /** Bins that any row fell into. */
  readonly bins: number;
  readonly psi: number | null;
  readonly jensenShannon: number | null;
  /** χ² · (1/n + 1/m): like PSI it does not grow with the rows. */
  readonly chiSquare: number | null;
  readonly kolmogorovSmirnov: number | null;
  readonly wasserstein: number | null;
  readonly unseenRatio: number | null;
  /** Share of the reference's rows whose category occurs there only once. */
  readonly singletonRatio: number | null;
  readonly referenceMissingRatio: number | null;
  readonly missingRatio: number | null;
  readonly importance: number;
}

/**
 * One row per subject. Everything is told from one ordered array per numeric subject, in which the lowest bit of each
 * value says which side it is from (they differ by one unit in the last place at most), and from counts per category: each
 * column is read once.
 *
 * Bins: a numeric subject's lie between the distinct deciles of the reference; a decile that at least a tenth of the
 * reference's rows are equal to is a bin of its own, so that a constant has the bins below, equal and above. A category is
 * a bin; the rarer ones of the reference are one, those that it does not have are another. Missing values (null, NaN) are
 * a bin too. PSI counts half a row more in every bin, so that it exists where one side has none.
 *
 * - KS: missing values are lowest; without any it is that of the values.
 * - Wasserstein: of the values that are there, in standard deviations of the reference (of both together where the
 *   reference is constant); infinities count as the ends of the finite values. The share by which missing values became
 *   more or fewer is added: each is taken to be moved by one standard deviation.
 * - Importance: |Pearson's r| of a number with the score, correlation ratio of a category, both in the reference.
 *
 * @param reference rows with the columns of the subjects and `score`, as text after FROM
 * @param window the same
 */
export function driftQuery(subjects: readonly DriftSubject[], reference: string, window: string): string {
  const columns = [...new Set(['score', ...subjects.map(({ column }) => column)])].map(sqlIdentifier).join(', ');
  const numbers = subjects.filter(({ type }) => type === 'number');
  const strings = subjects.filter(({ type }) => type === 'string');
  const parts = [
    `both_sides AS (
  SELECT toUInt64(0) AS side, ${columns} FROM ${reference}
  UNION ALL
  SELECT toUInt64(1) AS side, ${columns} FROM ${window})`,
    ...(numbers.length === 0 ? [] : [ofNumbers(numbers)]),
    ...(strings.length === 0 ? [] : [ofCategories(strings)]),
    `binned AS (
${[...(numbers.length === 0 ? [] : ['numbers']), ...(strings.length === 0 ? [] : ['categories'])]
  .map((name) => `  SELECT ${BINNED.join(', ')} FROM ${name}`)
  .join('\n  UNION ALL\n')})`,
  ];
  return `WITH\n${[...parts, COMPARED].join(',\n')}`;
}

/**
 * Predictions, or of too many of them those that a hash of their places picks: the same ones whenever it is asked.
 *
 * @param predictions as text after FROM
 */
export function sampled(predictions: string): string {
  const every = `(SELECT greatest(toUInt64(1), intDiv(count() + ${MOST_ROWS - 1}, ${MOST_ROWS})) FROM ${predictions})`;
  return `(SELECT * FROM ${predictions} WHERE intHash64(log_offset * 64 + log_partition) % ${every} = 0)`;
}

const BINNED = [
  'subject',
  'type',
  'reference_bins',
  'window_bins',
  'missing_n',
  'missing_m',
  'kolmogorov_smirnov',
  'wasserstein',
  'unseen',
  'singletons',
  'importance',
];

function ofNumbers(subjects: readonly DriftSubject[]): string {
  const chunks = Math.ceil(subjects.length / SUBJECTS_AT_ONCE);
  const size = Math.ceil(subjects.length / chunks);
  const gathered = Array.from({ length: chunks }, (_, chunk) =>
    gatheredOf(subjects.slice(chunk * size, (chunk + 1) * size)),
  );
  const at = DECILES.map((k) => `indexOfAssumeSorted(distinct, reference[intDiv(n * ${k} + 9, 10)])`).join(', ');
  const upTo = DECILES.map((k) => `(up_to[at[${k}]], window_up_to[at[${k}]])`).join(', ');
  const below = DECILES.map((k) => `(up_to[at[${k}] - 1], window_up_to[at[${k}] - 1])`).join(', ');
  return `ordered AS (
  SELECT one.1 AS subject, arraySort(one.2) AS marked, one.3 AS importance, all_n, all_m FROM (
${gathered.join('\n    UNION ALL\n')})),
marks AS (
  SELECT *,
    arrayMap(x -> toUInt32(bitAnd(reinterpretAsUInt64(x), 1)), marked) AS sides,
    arrayMap(x -> reinterpretAsFloat64(bitAnd(reinterpretAsUInt64(x), ${ALL_BUT_LOWEST_BIT})), marked) AS ordered_values
  FROM ordered),
ties AS (
  SELECT *, arrayPopFront(arrayPushBack(arrayDifference(ordered_values), 1.)) AS steps FROM marks),
distributions AS (
  SELECT subject, importance, all_n, all_m, length(marked) AS rows,
    arrayFilter((x, step) -> step != 0, ordered_values, steps) AS distinct,
    arrayFilter((x, step) -> step != 0, arrayEnumerate(ordered_values), steps) AS up_to,
    arrayFilter((x, step) -> step != 0, arrayCumSum(sides), steps) AS window_up_to,
    arrayFilter((x, side) -> side = 0, ordered_values, sides) AS reference,
    arrayReduce('stddevPopStable', arrayFilter(x -> abs(x) < ${MOST}, if(reference[1] = reference[-1], ordered_values, reference))) AS unit
  FROM ties),
deciles AS (
  SELECT *, length(reference) AS n, toUInt64(rows - n) AS m, all_n - n AS missing_n, all_m - m AS missing_m, [${at}] AS at
  FROM distributions),
edges AS (
  SELECT *, [${upTo}] AS upper, [${below}] AS lower FROM deciles),
bounds AS (
  SELECT *, arraySort(arrayDistinct(arrayConcat([(0, 0), (rows, m)], upper,
    arrayFilter((l, u) -> 10 * (u.1 - u.2 - l.1 + l.2) >= n, lower, upper)))) AS bounds
  FROM edges),
numbers AS (
  SELECT
    subject, 'number' AS type, missing_n, missing_m, importance,
    arrayPushBack(arrayPopFront(arrayDifference(arrayMap(b -> toInt64(b.1 - b.2), bounds))), toInt64(missing_n)) AS reference_bins,
    arrayPushBack(arrayPopFront(arrayDifference(arrayMap(b -> toInt64(b.2), bounds))), toInt64(missing_m)) AS window_bins,
    abs(missing_m / all_m - missing_n / all_n) AS missing_shift,
    arrayMax(arrayPushBack(arrayMap((all, w) ->
      abs((w + missing_m) / all_m - (all - w + missing_n) / all_n), up_to, window_up_to), missing_shift)) AS kolmogorov_smirnov,
    missing_shift + if(n = 0 OR m = 0 OR unit = 0, 0, arraySum((all, w, step) ->
      if(isFinite(step), abs(w / m - (all - w) / n) * step, 0), up_to, window_up_to,
      arrayPopFront(arrayPushBack(arrayDifference(arrayMap(x -> if(abs(x) >= ${MOST}, nan, x), distinct)), 0.))) / unit) AS wasserstein,
    CAST(NULL, 'Nullable(Int64)') AS unseen, CAST(NULL, 'Nullable(Int64)') AS singletons
  FROM bounds)`;
}

/** A numeric subject's values, marked by their side, and what is told without their order. */
function gatheredOf(subjects: readonly DriftSubject[]): string {
  const each = subjects.map(
    ({ name }, i) =>
      `      (${sqlString(name)}, groupArrayIf(reinterpretAsFloat64(bitOr(bitAnd(reinterpretAsUInt64(greatest(least(v${i}, ${MOST}), -${MOST}) + 0.), ${ALL_BUT_LOWEST_BIT}), side)), NOT isNaN(v${i})), ` +
      `abs(corrStableIf(v${i}, score, side = 0 AND isFinite(v${i}) AND isFinite(score))))`,
  );
  const values = subjects.map(({ column }, i) => `toFloat64(ifNull(${sqlIdentifier(column)}, nan)) AS v${i}`);
  return `    SELECT countIf(side = 0) AS all_n, countIf(side = 1) AS all_m, arrayJoin([
${each.join(',\n')}]) AS one
    FROM (SELECT side, score, ${values.join(', ')} FROM both_sides)`;
}

function ofCategories(subjects: readonly DriftSubject[]): string {
  const names = subjects.map(({ name }) => sqlString(name)).join(', ');
  const columns = subjects.map(({ column }) => `CAST(${sqlIdentifier(column)}, 'Nullable(String)')`).join(', ');
  return `counted AS (
  SELECT subject, ${COUNTED}
  FROM (
    SELECT subject, category, ${PER_CATEGORY}
    FROM both_sides ARRAY JOIN [${names}] AS subject, [${columns}] AS category GROUP BY subject, category)
  GROUP BY subject),
categories AS (
  SELECT
    subject, 'string' AS type, missing_n, missing_m, unseen, singletons,
    arrayReverseSort(seen) AS frequent,
    arraySlice(frequent, 1, ${MOST_CATEGORIES}) AS told_apart,
    arraySlice(frequent, ${MOST_CATEGORIES + 1}) AS rare,
    arrayConcat(arrayMap(c -> c.1, told_apart), [arraySum(c -> c.1, rare), 0, missing_n]) AS reference_bins,
    arrayConcat(arrayMap(c -> c.2, told_apart), [arraySum(c -> c.2, rare), unseen, missing_m]) AS window_bins,
    nan AS kolmogorov_smirnov, nan AS wasserstein,
    arraySum((n, mean) -> n * pow(mean - score_sum / reference_n, 2), score_rows, score_means) AS between,
    sqrt(between / (between + score_within)) AS importance
  FROM counted)`;
}

const PER_CATEGORY = [
  'toInt64(countIf(side = 0)) AS a',
  'toInt64(countIf(side = 1)) AS b',
  'countIf(side = 0 AND isFinite(score)) AS scored',
  'ifNull(avgIf(score, side = 0 AND isFinite(score)), nan) AS score_mean',
  'ifNull(varPopStableIf(score, side = 0 AND isFinite(score)), nan) AS score_variance',
].join(', ');

const COUNTED = [
  'groupArrayIf((a, b), isNotNull(category) AND a > 0) AS seen',
  'sumIf(b, isNotNull(category) AND a = 0) AS unseen',
  'toInt64(countIf(isNotNull(category) AND a = 1)) AS singletons',
  'sumIf(a, isNull(category)) AS missing_n',
  'sumIf(b, isNull(category)) AS missing_m',
  'sum(scored) AS reference_n',
  'sumIf(scored * score_mean, scored > 0) AS score_sum',
  'sumIf(scored * score_variance, scored > 0) AS score_within',
  'groupArrayIf(scored, scored > 0) AS score_rows',
  'groupArrayIf(score_mean, scored > 0) AS score_means',
].join(', ');

/** From the rows of each bin on either side to the figures. */
const COMPARED = `filled AS (
  SELECT * REPLACE (
    arrayFilter((a, b) -> a + b > 0, reference_bins, window_bins) AS reference_bins,
    arrayFilter((b, a) -> a + b > 0, window_bins, reference_bins) AS window_bins),
    arraySum(reference_bins) AS n, arraySum(window_bins) AS m FROM binned),
shares AS (
  SELECT *, length(reference_bins) AS bins,
    arrayMap(a -> a / n, reference_bins) AS expected,
    arrayMap(b -> b / m, window_bins) AS found,
    arrayMap((a, b) -> (a + b) / (n + m), reference_bins, window_bins) AS pooled,
    arrayMap(a -> (a + 0.5) / (n + bins / 2), reference_bins) AS expected_smoothed,
    arrayMap(b -> (b + 0.5) / (m + bins / 2), window_bins) AS found_smoothed FROM filled)
SELECT subject, type, n AS reference_rows, m AS rows, bins,
  arraySum((p, q) -> (q - p) * log(q / p), expected_smoothed, found_smoothed) AS psi,
  sqrt(greatest(0, arraySum((p, q) ->
    if(p = 0, 0, p * log2(2 * p / (p + q))) + if(q = 0, 0, q * log2(2 * q / (p + q))), expected, found) / 2)) AS jensen_shannon,
  arraySum((p, q, share) -> pow(q - p, 2) / share, expected, found, pooled) AS chi_square,
  kolmogorov_smirnov, wasserstein, unseen / m AS unseen_ratio, singletons / n AS singleton_ratio,
  missing_n / n AS reference_missing_ratio, missing_m / m AS missing_ratio, importance
FROM shares`;
