const KEYWORDS = new Set([
  ...[
    'and',
    'or',
    'unless',
    'on',
    'ignoring',
    'group_left',
    'group_right',
    'offset',
    'bool',
    'by',
    'without',
    'inf',
    'nan',
  ],
]);

/** Names of the metrics that an expression reads: what is neither a function, a label, a text nor a number. */
export function metricsIn(expression: string): readonly string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const names = [...bare.matchAll(/(?<![\w:.])([a-zA-Z_:][\w:]*)\b(?!\s*\()/g)].map(([, name]) => name!);
  return [...new Set(names)].filter((name) => !KEYWORDS.has(name.toLowerCase()));
}
