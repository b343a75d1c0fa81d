import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { explainEvent } from '../explain/explain-event.js';
import { formatExplanation } from '../explain/format-explanation.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

export function registerExplain(program: Command): void {
  const command = program
    .command('explain')
    .description('why the prediction of an event came out as it did: what each feature contributed')
    .argument('<pipeline>')
    .argument('<event-id>');
  withExamples(withJson(command), [
    'eddyline explain electricity nsw-1',
    "eddyline explain electricity nsw-1 --json | jq '.contributions'",
  ]).action((pipeline: string, eventId: string, options: { readonly json?: boolean }) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl', 'artifacts'], async (connections) => {
        const explained = await explainEvent(pipeline, eventId, connections);
        const { prediction, explanation } = explained;
        reporter.result({
          event_id: prediction.event_id,
          event_time: new Date(prediction.event_time).toISOString(),
          model_version: prediction.model_version,
          role: prediction.role,
          score: prediction.score,
          decision: prediction.decision,
          method: explanation.method,
          unit: explanation.unit,
          base_value: explanation.base,
          output: explanation.output,
          contributions: explanation.contributions.map(({ feature, contribution }) => ({
            feature,
            value: prediction.features[feature] ?? null,
            contribution,
          })),
        });
        for (const line of formatExplanation(explained)) reporter.line(line);
      }),
    ),
  );
}
