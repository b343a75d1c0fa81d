import { sqlString, topicOf, type Severity } from '#contracts';
import { evidenceSelect, examplesOf, slicesOf } from '../evidence.js';
import { predictionsIn, quarantineIn, referenceOf } from '../log-windows.js';
import { judgeFigure } from '../measurement.js';
import type { MonitorContext, MonitorFactory } from '../monitor.js';
import { countIn, textIn } from '../query-row.js';
import { qualityColumn } from './quality-column.js';
import { qualityQuery, violationOf } from './quality-query.js';

/** Slices of fewer rows are left out of the evidence: their ratios are noise. */
const SMALLEST_SLICE = 30;

/**
 * What is wrong with the values that were scored, and how much was refused. Ratios are shares of the window's predictions,
 * and of the refused events among all for `quarantine_ratio`; by reason it is judged only where a rule names the reason.
 */
export const qualityMonitor: MonitorFactory<'quality'> = (monitor, pipeline) => {
  const columns = monitor.columns.map((name) => qualityColumn(name, pipeline));
  const served = new Set(columns.filter(({ isServed }) => isServed).map(({ name }) => name));
  const trainedIn = ({ model }: MonitorContext): string | undefined =>
    model !== null && model.referenceRows > 0 ? referenceOf(pipeline, model.version) : undefined;

  /** What the model takes, and what it never gets to see, outranks the rest. */
  const severityOf = (metric: string, subject: string): Severity => {
    if (metric === 'quarantine_ratio') return 'critical';
    if (metric === 'pipeline_revisions') return 'info';
    return metric === 'missing_ratio' && served.has(subject) ? 'critical' : 'warning';
  };

  return {
    definition: monitor,
    clock: 'events',
    query: (context) => qualityQuery(pipeline, columns, context),
    judge: (rows) => ({
      measurements: rows.map((row) => {
        const metric = textIn(row, 'metric');
        const subject = textIn(row, 'subject');
        const hits = countIn(row, 'hits');
        const of = countIn(row, 'rows');
        const value = of === 0 ? null : metric === 'pipeline_revisions' ? hits : hits / of;
        const isByReason = metric === 'quarantine_ratio' && subject !== '';
        const rules = isByReason ? monitor.rules.filter((rule) => rule.subject === subject) : monitor.rules;
        return judgeFigure(
          { metric, subject, value, rows: of },
          { ...monitor, rules },
          { severity: severityOf(metric, subject) },
        );
      }),
    }),
    evidenceQuery({ metric, subject }, context) {
      const predictions = predictionsIn(pipeline, context);
      if (metric === 'quarantine_ratio') {
        const topics = ['events', 'validated'] as const;
        const refused =
          `(SELECT * FROM ${quarantineIn(pipeline, context)} WHERE topic IN (${topics.map((stream) => sqlString(topicOf(pipeline.name, stream))).join(', ')})` +
          `${subject === '' ? '' : ` AND reason = ${sqlString(subject)}`})`;
        return evidenceSelect({
          slices: `SELECT concat('reason=', toString(reason)) AS slice, count() / sum(count()) OVER () AS value, count() AS rows FROM ${refused} GROUP BY reason ORDER BY rows DESC, slice LIMIT 5`,
        });
      }
      const column = columns.find(({ name }) => name === subject);
      const violation =
        metric === 'flagged_ratio'
          ? `has(flags, ${sqlString(subject)})`
          : metric === 'duplicate_ratio'
            ? `event_id IN (SELECT event_id FROM ${predictions} GROUP BY event_id HAVING count() > 1)`
            : metric === 'pipeline_revisions'
              ? `pipeline_revision = (SELECT max(pipeline_revision) FROM ${predictions})`
              : column && violationOf(metric, column, trainedIn(context));
      if (violation === undefined) return null;
      const slices = slicesOf(pipeline.monitoring ?? { slices: [] }, predictions, `countIf(${violation}) / count()`, {
        minRows: SMALLEST_SLICE,
      });
      return evidenceSelect({
        ...(slices === undefined ? {} : { slices }),
        examples: examplesOf(predictions, metric === 'duplicate_ratio' ? 'event_id' : 'event_time DESC', violation),
      });
    },
  };
};
