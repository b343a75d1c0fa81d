import { z } from 'zod';
import { duration, name, names } from './shape-parts.js';

/** The shape of the section `monitor`: how a pipeline watches itself. What is not written is in monitor-defaults.ts. */

const SEVERITY = z
  .enum(['info', 'warning', 'critical'])
  .meta({ description: 'Left out: by consequence; a drift of the score outranks that of a feature.' });

const bounds = {
  above: z.number().meta({ description: 'A larger value crosses it.' }).optional(),
  below: z.number().meta({ description: 'A smaller value crosses it.' }).optional(),
  of: name('Only for this feature, field or other subject. Left out: for each.', 'nsw_price').optional(),
};

const WARN_BOUND = z.strictObject(bounds);
const ALERT_BOUND = z.strictObject({ ...bounds, severity: SEVERITY.optional() });

const warnRules = z.record(z.string(), z.union([WARN_BOUND, z.array(WARN_BOUND).min(1)]));
const alertRules = z.record(z.string(), z.union([ALERT_BOUND, z.array(ALERT_BOUND).min(1)]));

const WARN = 'Bounds by metric; what crosses one is a warning.';
const ALERT = 'Bounds by metric; what crosses one is as severe as its consequence.';
const RULES_EXAMPLE = { metric: { below: 0.8 } };

const pace = {
  every: duration("Evaluated whenever the pipeline's event time passes a multiple of this.", '5m').optional(),
  window: duration('Event time that one evaluation looks back over; at least `every`.', '1h').optional(),
  minRows: z.int().min(1).meta({ description: 'Fewer rows than this: no verdict.' }).optional(),
  fireAfter: z
    .int()
    .min(1)
    .max(100)
    .meta({ description: 'Windows in a row beyond a bound before the alert fires.' })
    .optional(),
  resolveAfter: z
    .int()
    .min(1)
    .max(100)
    .meta({ description: 'Windows in a row within every bound before the alert resolves.' })
    .optional(),
  hysteresis: z
    .number()
    .min(0)
    .lt(1)
    .meta({ description: 'How far within its bound a value must be to count as recovered: a share of the bound.' })
    .optional(),
};

const rules = {
  warn: warnRules.meta({ description: WARN, examples: [RULES_EXAMPLE] }).optional(),
  alert: alertRules.meta({ description: ALERT, examples: [RULES_EXAMPLE] }).optional(),
};

/** One number where there is one metric, or one kind of them. */
const shortRules = {
  warn: z
    .union([z.number(), warnRules])
    .meta({ description: `${WARN} A number: for every metric.` })
    .optional(),
  alert: z
    .union([z.number(), alertRules])
    .meta({ description: `${ALERT} A number: for every metric.` })
    .optional(),
};

const metrics = (description: string, ...examples: string[]) => names(description, ...examples).optional();
const delay = duration('The window ends this much event time ago, so that its labels have come.', '1d').optional();
const confidence = z.number().gt(0).lt(1).meta({ description: 'Of the intervals. Default 0.95.' }).optional();

/** A section may be empty: what it measures then is judged by the defaults. */
const section = <Shape extends z.ZodRawShape>(description: string, shape: Shape) =>
  z
    .strictObject({ ...pace, ...shape })
    .nullable()
    .meta({ description })
    .optional();

export const MONITOR_SECTIONS = {
  quality: section('Missing, out of range and unseen values, duplicates, flags, refused events.', {
    columns: names('Fields and features that are looked at. Default: all of single values.', 'price').optional(),
    ...rules,
  }),
  drift: section('Features and the score, held against the rows that the model was trained on.', {
    reference: z
      .enum(['training', 'previous'])
      .meta({ description: 'Held against the training rows (default) or the window before.' })
      .optional(),
    features: names('Default: all of them.', 'price').optional(),
    score: z.boolean().meta({ description: 'Also the score. Default true.' }).optional(),
    method: z
      .strictObject({
        numeric: z
          .enum(['psi', 'jensen_shannon', 'kolmogorov_smirnov', 'wasserstein'])
          .meta({ description: 'Default psi.' })
          .optional(),
        categorical: z
          .enum(['psi', 'jensen_shannon', 'chi_square', 'unseen_ratio'])
          .meta({ description: 'Default jensen_shannon.' })
          .optional(),
      })
      .meta({ description: 'How the distance of two distributions is measured.' })
      .optional(),
    falseDiscoveryRate: z
      .number()
      .gt(0)
      .lt(1)
      .meta({ description: 'Accepted share of false discoveries across the features of a window. Default 0.01.' })
      .optional(),
    ...shortRules,
  }),
  performance: section('Scores against the labels that came back. Needs `label`.', {
    metrics: metrics('Default: all that the task has.', 'accuracy', 'roc_auc'),
    delay,
    minCoverage: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: 'Less labelled than this share of the predictions: no verdict. Default 0.5.' })
      .optional(),
    confidence,
    ...rules,
  }),
  estimate: section('The same before labels come, by how sure the model is of itself.', {
    metrics: metrics('Default: all that can be estimated for the task.', 'accuracy', 'roc_auc'),
    ...rules,
  }),
  concept: section('Change in the stream of errors, as labels come back. Needs `label`.', {
    detector: z.enum(['adwin', 'page_hinkley']).meta({ description: 'Default adwin.' }).optional(),
    delta: z
      .number()
      .positive()
      .meta({
        description: 'ADWIN: how sure a change must be (default 0.002). Page-Hinkley: the slack (default 0.005).',
      })
      .optional(),
    minInstances: z.int().min(1).meta({ description: 'Page-Hinkley. Default 30.' }).optional(),
    threshold: z.number().positive().meta({ description: 'Page-Hinkley. Default 50.' }).optional(),
    alpha: z.number().gt(0).max(1).meta({ description: 'Page-Hinkley: forgetting. Default 0.9999.' }).optional(),
    ...rules,
  }),
  fairness: section('Decisions by protected attribute, under the names of Fairlearn.', {
    by: names('Fields or features with the protected attribute.', 'region'),
    metrics: metrics(
      'Default: demographic parity; with labels also equalized odds and equal opportunity.',
      'demographic_parity_difference',
    ),
    minGroup: z
      .int()
      .min(1)
      .meta({ description: 'Rows that a group must have to be compared. Default 100.' })
      .optional(),
    delay,
    confidence,
    ...shortRules,
  }),
  anomalies: section("The score's distribution, the rate of events, an output that stands still.", rules),
  attribution: section('Whether the features matter as they did, by what is explained. Needs `explain`.', {
    reference: z
      .enum(['first', 'previous'])
      .meta({ description: "Held against the version's first window (default) or the window before." })
      .optional(),
    delay: duration('The window ends this much event time ago, so that its explanations have come.', '10m').optional(),
    ...rules,
  }),
  labels: section('Coverage, delay, duplicates, corrections, late labels and orphans. Needs `label`.', rules),
  system: section('Latency, errors and freshness, as the log tells them.', rules),
} as const;

export const BUSINESS_ENTRY = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,62}$/, {
        error: 'not a name for a monitor; use lower-case letters, digits and underscores, a letter first',
      })
      .meta({ description: 'Names the monitor in results and alerts.', examples: ['events_per_hour'] }),
    sql: z
      .string()
      .min(1)
      .meta({
        description:
          'A SELECT with a column `value` and, if wished, `subject`. `{predictions}` and `{outcomes}` stand for the rows of the window.',
        examples: ['SELECT sum(amount) AS value FROM {predictions}'],
      }),
    on: z
      .enum(['predictions', 'outcomes'])
      .meta({ description: 'Whose progress makes it due. Default: outcomes where the SQL reads them.' })
      .optional(),
    ...pace,
    ...rules,
  })
  .meta({ description: 'Any figure that SQL over the log can give.' });

export const MONITOR = z
  .strictObject({
    ...pace,
    grace: duration("How far the clock must have passed a window's end. Default 1m.", '1m').optional(),
    slices: names('Fields or features by whose values performance and evidence are also told.', 'region').optional(),
    receivers: names(
      'Who is told of alerts: names from the configuration of the monitoring service.',
      'oncall',
    ).optional(),
    ...MONITOR_SECTIONS,
    business: z.array(BUSINESS_ENTRY).min(1).meta({ description: 'Business metrics.' }).optional(),
  })
  .meta({
    description:
      'How the pipeline watches itself, in event time. Each section is a monitor; it may be empty. What stands beside the sections holds for all that say nothing else.',
  });

export type MonitorSection = z.output<typeof MONITOR>;
export type SectionKind = keyof typeof MONITOR_SECTIONS;
export type SectionOf<Kind extends SectionKind> = NonNullable<MonitorSection[Kind]>;
export type BusinessEntry = z.output<typeof BUSINESS_ENTRY>;
export type Bound = z.output<typeof ALERT_BOUND>;
export type RulesByMetric = Readonly<Record<string, Bound | readonly Bound[]>>;
