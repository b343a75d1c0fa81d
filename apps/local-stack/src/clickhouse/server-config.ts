import { createHash } from 'node:crypto';

export interface ClickHouseCredentials {
  readonly eddylinePassword: string;
  readonly analystPassword: string;
}

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const grants = (queries: readonly string[]): string => queries.map((query) => `<query>${query}</query>`).join('');
const LOOPBACK = '<networks><ip>127.0.0.1</ip><ip>::1</ip></networks>';

/**
 * Three users. The engine's own session logs in as `default` without a password, from loopback; it may do no more than
 * open the ports and run the query that keeps them open. `eddyline` does the work. `analyst` reads every table: no
 * writes, and no table functions, which would read files and the network as the operating
 * system's user (the function `file()` needs no grant: `landlock.ts` closes that way). Expressions are not compiled to
 * machine code: that takes 60 ms for each, and a server of a developer's machine seldom lives to gain them.
 */
export function usersXml(credentials: ClickHouseCredentials): string {
  const blockerGrants = grants(['GRANT SYSTEM LISTEN ON *.*', 'GRANT SELECT ON system.zeros']);
  // `default` the database mirrors the file system in this engine: selecting from it would read any file.
  const analystGrants = grants([
    'GRANT SELECT ON *.*',
    'GRANT SHOW ON *.*',
    'GRANT dictGet ON *.*',
    'REVOKE SELECT ON default.*',
  ]);
  const interpreted =
    '<compile_expressions>0</compile_expressions><compile_aggregate_expressions>0</compile_aggregate_expressions>';
  return `<clickhouse>
  <profiles>
    <default>${interpreted}</default>
    <analyst><readonly>2</readonly>${interpreted}</analyst>
  </profiles>
  <quotas><default></default></quotas>
  <users>
    <default><password></password>${LOOPBACK}<profile>default</profile><quota>default</quota><grants>${blockerGrants}</grants></default>
    <eddyline><password_sha256_hex>${sha256Hex(credentials.eddylinePassword)}</password_sha256_hex>${LOOPBACK}<profile>default</profile><quota>default</quota></eddyline>
    <analyst><password_sha256_hex>${sha256Hex(credentials.analystPassword)}</password_sha256_hex>${LOOPBACK}<profile>analyst</profile><quota>default</quota><grants>${analystGrants}</grants></analyst>
  </users>
</clickhouse>
`;
}

/**
 * Server settings that the command line cannot give. System log tables keep a week.
 * @param keepFreeBytes what the server must leave of its disk: it refuses inserts and merges that would take more
 */
export function serverXml(usersPath: string, keepFreeBytes = 0): string {
  const systemLog = (table: string): string =>
    `<${table}><database>system</database><table>${table}</table><ttl>event_date + INTERVAL 7 DAY</ttl><flush_interval_milliseconds>3000</flush_interval_milliseconds></${table}>`;
  return `<clickhouse>
  <users_config>${usersPath}</users_config>
  <timezone>UTC</timezone>
  <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  ${keepFreeBytes > 0 ? `<storage_configuration><disks><default><keep_free_space_bytes>${keepFreeBytes}</keep_free_space_bytes></default></disks></storage_configuration>` : ''}
  ${systemLog('query_log')}
  ${systemLog('part_log')}
</clickhouse>
`;
}
