import { ClickHouseError } from '@clickhouse/client';
import { Retriable } from '#platform/outcomes';

/** ClickHouse's error codes for which the same statement may succeed later. */
const WEATHER: ReadonlyMap<number, string> = new Map([
  [159, 'TIMEOUT_EXCEEDED'],
  [202, 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  [203, 'NO_FREE_CONNECTION'],
  [209, 'SOCKET_TIMEOUT'],
  [210, 'NETWORK_ERROR'],
  [225, 'NO_ZOOKEEPER'],
  [236, 'ABORTED'],
  [241, 'MEMORY_LIMIT_EXCEEDED'],
  [242, 'TABLE_IS_READ_ONLY'],
  [243, 'NOT_ENOUGH_SPACE'],
  [252, 'TOO_MANY_PARTS'],
  [279, 'ALL_CONNECTION_TRIES_FAILED'],
  [285, 'TOO_FEW_LIVE_REPLICAS'],
  [286, 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE'],
  [319, 'UNKNOWN_STATUS_OF_INSERT'],
  [394, 'QUERY_WAS_CANCELLED'],
  [439, 'CANNOT_SCHEDULE_TASK'],
  [473, 'DEADLOCK_AVOIDED'],
  [499, 'S3_ERROR'],
  [574, 'DISTRIBUTED_TOO_MANY_PENDING_BYTES'],
  [735, 'QUERY_WAS_CANCELLED_BY_CLIENT'],
  [999, 'KEEPER_EXCEPTION'],
]);

/** errno 28 in the words of the C library, which the server quotes. */
const DISK_FULL = /No space left on device/;

/** The table is not as the definition needs it: `eddyline apply` was not run, or is still running. */
const NOT_APPLIED: ReadonlyMap<number, string> = new Map([
  [16, 'NO_SUCH_COLUMN_IN_TABLE'],
  [60, 'UNKNOWN_TABLE'],
  [81, 'UNKNOWN_DATABASE'],
]);

/**
 * ClickHouse refused a statement for good: a bug, a wrong password, or a table of another shape. Callers should let the
 * process stop. ClickHouse's own text may quote row data; it is kept out of `message`, of logs and of JSON.
 */
export class ClickHouseRefused extends Error {
  override readonly name = 'ClickHouseRefused';
  /** ClickHouse's own words. Not enumerable. */
  declare readonly detail: string;

  constructor(
    readonly code: number,
    message: string,
    detail: string,
  ) {
    super(message);
    Object.defineProperty(this, 'detail', { value: detail, enumerable: false });
  }
}

/**
 * What a failed statement means.
 *
 * @param doing what was being done, e.g. `inserting 500 rows into electricity.predictions`
 * @returns Retriable('clickhouse_unreachable') for weather and for tables that are not there yet, else ClickHouseRefused
 */
export function classifyClickHouseError(error: unknown, doing: string): Retriable | ClickHouseRefused {
  if (!(error instanceof ClickHouseError)) {
    // No answer of ClickHouse's: the network, a timeout, or a proxy between.
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code ?? (error instanceof Error ? message.slice(0, 200) : String(error));
    return new Retriable('clickhouse_unreachable', `ClickHouse did not answer while ${doing}: ${why}`);
  }
  const code = Number(error.code);
  const notApplied = NOT_APPLIED.get(code);
  if (notApplied !== undefined) {
    return new Retriable(
      'clickhouse_unreachable',
      `${doing} failed because a table or column is missing (${code} ${notApplied}): run \`eddyline apply\` for this pipeline`,
    );
  }
  // Where nothing was reserved first, a full disk comes as the failure of whatever was being written, under many codes.
  const weather = WEATHER.get(code) ?? (DISK_FULL.test(error.message) ? 'no space left on device' : undefined);
  if (weather !== undefined) {
    return new Retriable('clickhouse_unreachable', `ClickHouse cannot take it now, while ${doing}: ${code} ${weather}`);
  }
  return new ClickHouseRefused(
    code,
    `ClickHouse refused it for good, while ${doing}: ${code} ${error.type ?? 'UNKNOWN'}`,
    error.message,
  );
}
