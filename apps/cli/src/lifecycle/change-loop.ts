import type { LifecycleState } from '#contracts';
import { NotAllowed } from '#domain/rollout';
import { PublicationFailed } from '#platform/kafka';
import type { Connections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';
import { userName } from '../terminal/user-name.js';
import { loopViewOf, planChange, type DecideChange, type LoopChanged } from './loop-change.js';

/** A service that looks after the pipeline may open its writer again just in between. */
const MOST_ATTEMPTS = 5;

/** What to type where a change is not possible as things stand. */
const CURES: Readonly<Record<string, string>> = {
  rollout_started:
    'see eddyline rollout status; end the one under way with eddyline rollout abort or eddyline rollback',
  champion_set: 'see eddyline models list',
  run_requested: 'eddyline retrain cancel ends the run that is under way',
  run_cancelled: 'eddyline status shows what is under way',
  rolled_back: 'name the version: eddyline rollback <pipeline> --to <version>',
};

/**
 * Changes what the registry says of a pipeline, and tells why on the log, all in one transaction. The service that looks after the
 * pipeline is fenced by it, reads what was changed, and goes on from there; it need not run.
 *
 * @param clock the pipeline's, ms; null: not known
 * @throws CliFailure where the state does not allow it
 */
export async function changeLoop(
  connections: Connections,
  pipeline: string,
  clock: number | null,
  decide: DecideChange,
): Promise<LoopChanged> {
  let uncertain: LoopChanged | undefined;
  for (let attempt = 1; ; attempt++) {
    const writer = await connections.lifecycle(pipeline);
    if (uncertain !== undefined && isThere(uncertain, writer.record.lifecycle)) return uncertain;
    const changed = planned(() =>
      planChange(loopViewOf(pipeline, writer.record), decide, { by: userName(), atMs: Date.now(), clock }),
    );
    try {
      await writer.commit(changed);
      return changed;
    } catch (error) {
      if (!(error instanceof PublicationFailed)) throw error;
      if (error.reason === 'too_large' || attempt === MOST_ATTEMPTS) throw notWritten(pipeline, error);
      uncertain = error.reason === 'unknown' ? changed : undefined;
    } finally {
      await writer.close();
    }
  }
}

function notWritten(pipeline: string, error: PublicationFailed): CliFailure {
  const cure = error.reason === 'too_large' ? 'give a shorter reason or description' : 'run the command again';
  return new CliFailure(`nothing was changed for ${pipeline}: ${error.message}; ${cure}`, 1, { cause: error });
}

/** Whether a commit of which nobody heard the end took place. */
function isThere({ after: { state } }: LoopChanged, found: LifecycleState | null): boolean {
  return JSON.stringify(found) === JSON.stringify(state);
}

function planned(plan: () => LoopChanged): LoopChanged {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error;
    const cure = CURES[error.kind];
    throw new CliFailure(`${error.message}${cure === undefined ? '' : ` (${cure})`}`, 1, { cause: error });
  }
}
