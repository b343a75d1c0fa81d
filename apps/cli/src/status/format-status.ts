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
  if (!champion) return `champion       none: eddyline models register ${name} <model.onnx>`;
  return `champion       version ${champion.version} since ${champion.since} (sha256 ${champion.sha256.slice(0, 12)})`;
}
