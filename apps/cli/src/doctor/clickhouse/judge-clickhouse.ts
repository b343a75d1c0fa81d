import { formatBytes } from '../../terminal/quantities.js';
import type { Attempt } from '../attempt.js';
import { Notes, type Finding } from '../finding.js';
import { judgeClock } from '../judge-clock.js';
import type { DiskFacts, ServerFacts } from './clickhouse-facts.js';

/** Insert tokens, by which a repeated insert is recognised in a plain MergeTree, came with 22.2. */
const OLDEST = [22, 2] as const;
/** What is tested is far newer; below this nobody mends ClickHouse any more. */
const SUPPORTED = [24, 8] as const;

const GIB = 1024 ** 3;
/** A disk is short when little is left both of it and in itself. */
const SHORT = { warn: { ratio: 0.1, bytes: 20 * GIB }, fail: { ratio: 0.02, bytes: GIB } } as const;

/** @param place host and port, without the password */
export function judgeServer(
  place: string,
  user: string,
  answer: Attempt<ServerFacts>,
  wayOut: string,
): readonly Finding[] {
  const notes = new Notes('clickhouse');
  if (!answer.ok) {
    const { kind, message } = answer.trouble;
    const wrong = {
      away: { message: `no answer: ${message}`, cure: wayOut },
      login: {
        message: `it refuses user ${user}: unknown, or another password`,
        cure: 'set CLICKHOUSE_URL=http://user:password@host:port to what ClickHouse knows',
      },
      denied: { message: `user ${user} may not even ask: ${message}`, cure: `GRANT SELECT ON system.* TO ${user}` },
      odd: {
        message: `something answers, but not as ClickHouse does: ${message}`,
        cure: 'set CLICKHOUSE_URL to its HTTP port (8123)',
      },
    }[kind];
    notes.fail({ subject: place, ...wrong });
    return notes.findings;
  }
  const { version, clock, disks } = answer.value;
  if (isBelow(version, OLDEST)) {
    notes.fail({
      subject: place,
      message: 'it is too old to recognise repeated inserts by their token: rows would be stored twice',
      actual: version,
      expected: `${OLDEST.join('.')} or newer`,
      cure: 'upgrade ClickHouse',
    });
  } else if (isBelow(version, SUPPORTED)) {
    notes.warn({
      subject: place,
      message: 'it is older than what Eddyline is made for',
      actual: version,
      expected: `${SUPPORTED.join('.')} or newer`,
      cure: 'upgrade ClickHouse',
    });
  }
  notes.orOk(place, `ClickHouse ${version}, as user ${answer.value.user}`);
  const wrong = judgeClock('clock', clock);
  if (wrong === undefined)
    notes.ok('clock', `within ${Math.abs(clock.aheadMs) + clock.uncertainMs} ms of this machine's`);
  else notes[wrong.severity](wrong.complaint);
  if (disks.ok) for (const disk of disks.value) judgeDisk(disk, notes);
  else
    notes.warn({
      subject: 'disks',
      message: `free space not known: ${disks.trouble.message}`,
      cure: `GRANT SELECT ON system.disks TO ${user}`,
    });
  return notes.findings;
}

function judgeDisk({ name, freeBytes, totalBytes, broken, readOnly }: DiskFacts, notes: Notes): void {
  const subject = `disk ${name}`;
  if (broken || readOnly) {
    const what = broken ? 'broken' : 'read-only';
    const cure = "look into ClickHouse's log and mount the disk for writing";
    notes.fail({ subject, message: `it is ${what}: nothing can be inserted`, actual: what, cure });
    return;
  }
  const isShort = ({ ratio, bytes }: (typeof SHORT)['warn' | 'fail']): boolean =>
    freeBytes < bytes && freeBytes < totalBytes * ratio;
  const severity = isShort(SHORT.fail) ? 'fail' : isShort(SHORT.warn) ? 'warn' : 'ok';
  const free = `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}`;
  if (severity === 'ok') return notes.ok(subject, free);
  notes[severity]({
    subject,
    message:
      'it is filling up: when it is full monitoring waits and lag grows, and Kafka keeps the rows only for its retention',
    actual: free,
    expected: `${formatBytes(SHORT.warn.bytes)} or ${SHORT.warn.ratio * 100} %`,
    cure: 'give it a larger disk, or drop old partitions: ALTER TABLE … DROP PARTITION',
  });
}

function isBelow(version: string, [major, minor]: readonly [number, number]): boolean {
  const [haveMajor = 0, haveMinor = 0] = version.split('.').map(Number);
  return haveMajor < major || (haveMajor === major && haveMinor < minor);
}
