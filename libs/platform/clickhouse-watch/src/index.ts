export { CLICKHOUSE, ClickHouseWatch } from './clickhouse-watch.js';
