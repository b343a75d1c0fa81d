import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { stack } from './testing.config.js';

/** A client of the run's ClickHouse as the work user; close it in `afterAll`. */
export function testClickHouse(): ClickHouseClient {
  return createClient({ url: stack().clickhouseUrl });
}

/** As the analyst, who reads everything and writes nothing. */
export function testClickHouseAsAnalyst(): ClickHouseClient {
  return createClient({ url: stack().clickhouseAnalystUrl });
}
