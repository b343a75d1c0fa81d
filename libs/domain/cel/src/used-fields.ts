/** The part of the library's syntax tree that matters here: an operator and its operands, which may be nodes, lists or text. */
interface SyntaxNode {
  readonly op: string;
  readonly args: unknown;
}

/** Event fields that an expression reads; all of them when it uses `event` as a whole. */
export function fieldsOf(ast: unknown, all: readonly string[]): readonly string[] {
  const used = new Set<string>();
  visit(ast, used, all);
  return all.filter((field) => used.has(field));
}

function visit(node: unknown, used: Set<string>, all: readonly string[]): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, used, all);
    return;
  }
  if (!isSyntaxNode(node)) return;
  const field = accessedField(node);
  if (field !== undefined) {
    used.add(field);
    return;
  }
  if (node.op === 'id' && node.args === 'event') {
    for (const name of all) used.add(name);
    return;
  }
  visit(node.args, used, all);
}

/** The name in `event.name` and `event["name"]`. */
function accessedField({ op, args }: SyntaxNode): string | undefined {
  if ((op !== '.' && op !== '[]') || !Array.isArray(args)) return undefined;
  const [receiver, name] = args as readonly unknown[];
  if (!isSyntaxNode(receiver) || receiver.op !== 'id' || receiver.args !== 'event') return undefined;
  if (typeof name === 'string') return name;
  return isSyntaxNode(name) && name.op === 'value' && typeof name.args === 'string' ? name.args : undefined;
}

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
