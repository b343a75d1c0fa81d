// The process of one phase of a training run: it gets its task from the retraining service, sends what came of it, and ends.
import { openArtifactStore } from '#platform/artifacts';
import { createClickHouse } from '#platform/clickhouse';
import type { PhaseMessage, PhaseOrder, PhaseTask } from './phase-messages.js';
import { outcomeOf } from './phases/outcome-of.js';

/** The server ends a query that takes too long; only a server that is gone is waited for in vain. */
const ANSWER_SLACK_MS = 30_000;
/** For a program that this process started to end in order. */
const END_WITHIN_MS = 2_000;

const service = process.ppid;
const cancelling = new AbortController();

function cancel(): void {
  cancelling.abort(new Error('the phase was cancelled'));
  setTimeout(() => process.exit(0), END_WITHIN_MS).unref();
}

function send(message: PhaseMessage): Promise<void> {
  return new Promise((resolve) => process.send!(message, undefined, {}, () => resolve()));
}

async function work(task: PhaseTask): Promise<void> {
  const { clickhouseUrl, artifacts, dataQuery } = task.resources;
  const clickhouse = createClickHouse(clickhouseUrl, { requestTimeoutMs: dataQuery.seconds * 1_000 + ANSWER_SLACK_MS });
  const outcome = await outcomeOf(task, {
    clickhouse,
    artifacts: openArtifactStore(artifacts),
    signal: cancelling.signal,
    tell: (progress) => {
      // A trainer computes for minutes and hears nothing: that the service is gone, it is told by having another parent.
      if (process.ppid !== service) process.exit(0);
      void send({ kind: 'progress', progress });
      return !cancelling.signal.aborted;
    },
    log: (text) => void send({ kind: 'log', text }),
  });
  await clickhouse.close();
  if (!cancelling.signal.aborted) await send({ kind: 'outcome', outcome });
  process.exit(0);
}

process.once('disconnect', cancel);
process.on('message', (order: PhaseOrder) => {
  if (order.kind === 'cancel') {
    cancel();
    return;
  }
  work(order.task).catch((error: unknown) => {
    if (cancelling.signal.aborted) process.exit(0);
    process.stderr.write(`${error instanceof Error ? `${error.stack}\n${error.message}` : String(error)}\n`, () =>
      process.exit(1),
    );
  });
});
