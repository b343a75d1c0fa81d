import type { Appointment, LifecycleEvent, RolloutState, Serving } from '#contracts';
import { routeOf } from './challenger-route.js';

type Roles = Pick<Serving, 'champion' | 'challenger' | 'previous'>;

/**
 * Who serves after an event. It is counted up only where that changes.
 * @param rollout of the state after the event (`foldLifecycle`)
 */
export function foldServing(serving: Serving, event: LifecycleEvent, rollout: RolloutState | null): Serving {
  const roles = changed(serving, event, rollout);
  return roles === undefined ? serving : { ...serving, ...roles, sequence: serving.sequence + 1 };
}

/** Undefined: as before. */
function changed(serving: Serving, event: LifecycleEvent, rollout: RolloutState | null): Partial<Roles> | undefined {
  const { change } = event;
  const { champion } = serving;
  switch (change.kind) {
    case 'rollout_started':
      return rollout === null ? undefined : challenging(rollout, rollout.version, event, rollout.reason);
    case 'step_entered':
      return rollout === null ? undefined : rerouted(serving, rollout);
    case 'promoted':
      return {
        champion: appoint(change.version, event, rollout?.reason ?? event.summary),
        previous: champion,
        challenger: null,
        ...(rollout === null || champion === null
          ? {}
          : challenging(rollout, champion.version, event, `looks on while ${change.version} is watched`)),
      };
    case 'rolled_back':
      return {
        challenger: null,
        // A version that was rolled back is nothing to go back to.
        ...(champion?.version === change.to
          ? {}
          : { champion: appoint(change.to, event, change.reason), previous: null }),
      };
    case 'watch_ended':
    case 'aborted':
      return { challenger: null };
    case 'champion_set':
      return { champion: appoint(change.version, event, change.reason), previous: champion, challenger: null };
    default:
      return undefined;
  }
}

function appoint(version: string, event: LifecycleEvent, reason: string): Appointment {
  return { version, since: new Date(event.at).toISOString(), changedBy: event.by, reason };
}

function challenging(
  rollout: RolloutState,
  version: string,
  event: LifecycleEvent,
  reason: string,
): Pick<Roles, 'challenger'> {
  return { challenger: { ...appoint(version, event, reason), ...routeOf(rollout), salt: rollout.salt } };
}

function rerouted({ challenger }: Serving, rollout: RolloutState): Partial<Roles> | undefined {
  const { mode, share } = routeOf(rollout);
  if (challenger === null || (challenger.mode === mode && challenger.share === share)) return undefined;
  return { challenger: { ...challenger, mode, share } };
}
