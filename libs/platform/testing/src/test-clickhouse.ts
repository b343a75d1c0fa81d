import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { stack } from './testing.config.js';

/** A client of the run's ClickHouse as the work user; close it in `afterAll`. */
export function testClickHouse(): ClickHouseClient {
  return clientOf(stack().clickhouseUrl);
}

/** As the analyst, who reads everything and writes nothing. */
export function testClickHouseAsAnalyst(): ClickHouseClient {
  return clientOf(stack().clickhouseAnalystUrl);
}

/** Logs nothing: what a test expects to fail must not look like a failure. */
function clientOf(url: string): ClickHouseClient {
  return createClient({ url, log: { level: ClickHouseLogLevel.OFF } });
}
