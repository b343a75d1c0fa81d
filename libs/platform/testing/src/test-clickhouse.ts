import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { stack, type TestStack } from './testing.config.js';

/** A client of a stack's ClickHouse, the run's by default, as the work user; close it in `afterAll`. */
export function testClickHouse(of: TestStack = stack()): ClickHouseClient {
  return clientOf(of.clickhouseUrl);
}

/** As the analyst, who reads everything and writes nothing. */
export function testClickHouseAsAnalyst(): ClickHouseClient {
  return clientOf(stack().clickhouseAnalystUrl);
}

/** Logs nothing: what a test expects to fail must not look like a failure. */
function clientOf(url: string): ClickHouseClient {
  return createClient({ url, log: { level: ClickHouseLogLevel.OFF } });
}
