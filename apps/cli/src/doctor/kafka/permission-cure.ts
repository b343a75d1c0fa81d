import type { KafkaClient } from './cluster-facts.js';

/** The command line that grants what is missing. */
export function permissionCure(
  { bootstrap, user }: KafkaClient,
  operations: readonly string[],
  resource: { readonly kind: 'topic' | 'group' | 'transactional-id'; readonly name: string; readonly prefix?: boolean },
): string {
  const allow = operations.map((operation) => `--operation ${operation}`).join(' ');
  return (
    `kafka-acls.sh --bootstrap-server ${bootstrap} --add --allow-principal User:${user ?? 'ANONYMOUS'} ${allow} ` +
    `--${resource.kind} ${resource.name}${resource.prefix === true ? ' --resource-pattern-type prefixed' : ''}`
  );
}
