import { createClient, type ClickHouseClient } from '@clickhouse/client';

export interface ClickHouseOptions {
  /** Longest wait for an answer. Default 20,000 ms: under the session timeout of consumers, so that no insert outlives its owner. */
  readonly requestTimeoutMs?: number;
  /** Default 10. */
  readonly maxConnections?: number;
}

/** @param url `http[s]://user:password@host:port` */
export function createClickHouse(url: string, options: ClickHouseOptions = {}): ClickHouseClient {
  const address = new URL(url);
  const username = decodeURIComponent(address.username) || 'default';
  const password = decodeURIComponent(address.password);
  address.username = '';
  address.password = '';
  return createClient({
    url: address.toString(),
    username,
    password,
    application: 'eddyline',
    request_timeout: options.requestTimeoutMs ?? 20_000,
    max_open_connections: options.maxConnections ?? 10,
    // Its own log would print ClickHouse's error texts, which may quote row data.
    log: { level: 127 },
  });
}
