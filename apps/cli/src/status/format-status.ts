import { percent, stepText } from '../lifecycle/describe-rollout.js';
import { flagText } from '../lifecycle/flag-target.js';
import { printable } from '../terminal/printable.js';
import { formatCount, formatTable } from '../terminal/table.js';
import type { PipelineStatus } from './pipeline-status.js';

/** One block of lines for a pipeline. */
export function formatStatus(status: PipelineStatus): string[] {
  const rows = status.streams.flatMap(({ topic, partitions, end, groups }) =>
    groups.map((group) => ({ topic, partitions, end, ...group })),
  );
  const table = formatTable(
    [
      { title: 'TOPIC', value: (row) => row.topic },
      { title: 'PARTITIONS', value: (row) => row.partitions, align: 'right' },
      { title: 'END', value: (row) => row.end, align: 'right' },
      { title: 'READ BY', value: (row) => row.service },
      { title: 'LAG', value: (row) => row.lag, align: 'right' },
      { title: 'RUNNING', value: (row) => (row.members === 0 ? 'no' : row.members), align: 'right' },
    ],
    rows,
  );
  return [
    `${status.name}  revision ${status.revision}, applied ${status.appliedAt} by ${status.appliedBy}`,
    ...table.map((line) => `  ${line}`),
    `  ${loggedLine(status)}`,
    ...watchedLines(status).map((line) => `  ${line}`),
    `  ${droppedLine(status)}`,
    `  ${championLine(status)}`,
    ...loopLines(status).map((line) => `  ${line}`),
  ];
}

function loggedLine({ logged }: PipelineStatus): string {
  if (!logged.ok) return `logged         not known: ${logged.reason}`;
  const { predictions, events, quarantined } = logged;
  const distinct = predictions === events ? '' : ` of ${formatCount(events)} events`;
  return `logged         ${formatCount(predictions)} predictions${distinct}, ${formatCount(quarantined)} quarantined`;
}

function watchedLines({ logged }: PipelineStatus): string[] {
  if (!logged.ok) return [];
  const { labels, outcomes, firing } = logged;
  return [
    ...(labels === undefined || outcomes === undefined
      ? []
      : [`labelled       ${formatCount(outcomes)} events, by ${formatCount(labels)} labels`]),
    ...(firing === undefined ? [] : [`alerts         ${firing === 0 ? 'none fire' : `${formatCount(firing)} fire`}`]),
  ];
}

function droppedLine({ dropped }: PipelineStatus): string {
  const parts = Object.entries(dropped).map(([reason, count]) => `${formatCount(count)} ${reason}`);
  return `dropped        ${parts.length === 0 ? 'none' : parts.join(', ')}`;
}

function championLine({ name, champion }: PipelineStatus): string {
  if (!champion) {
    return `champion       none: eddyline train ${name} --from <file> --label <column> --register, or eddyline models register`;
  }
  return `champion       version ${champion.version} since ${champion.since} (sha256 ${champion.sha256.slice(0, 12)})`;
}

/** What is under way; nothing where nothing is. */
function loopLines({ name, challenger, rollout, run, flags }: PipelineStatus): string[] {
  const watched = rollout?.phase === 'watch';
  return [
    ...(challenger === null
      ? []
      : [
          `challenger     version ${challenger.version} ${challenger.share === 0 ? 'in the shadow' : `of ${percent(challenger.share)} of the keys`}`,
        ]),
    ...(rollout === null
      ? []
      : [
          `rollout        version ${rollout.version}${rollout.paused ? ', paused' : ''}: ${
            watched
              ? `promoted, watched against ${rollout.against}`
              : `step ${rollout.step + 1} of ${rollout.steps.length}, ${rollout.steps[rollout.step] ? stepText(rollout.steps[rollout.step]!) : rollout.phase}`
          } (eddyline rollout status ${name})`,
        ]),
    ...(run === null
      ? []
      : [`run            ${run.id} is ${run.phase} (${run.cause.kind}: ${printable(run.cause.detail, 200)})`]),
    ...(flags.length === 0 ? [] : [`switched       ${flags.map(flagText).join(', ')}`]),
  ];
}
