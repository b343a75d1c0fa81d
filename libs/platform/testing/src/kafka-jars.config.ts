import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder with the jars of the broker that the local stack fetched last. */
export function fetchedKafka(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'eddyline');
  const name = readdirSync(cache)
    .filter((entry) => entry.startsWith('kafka-'))
    .sort()
    .at(-1);
  if (name === undefined) throw new Error(`no Kafka in ${cache}: npm run stack fetches it`);
  return join(cache, name);
}
