/** The part of the library's syntax tree that matters here: an operator and its operands, which may be nodes, lists or text. */
interface SyntaxNode {
  readonly op: string;
  readonly args: unknown;
}

/** Fields of the variable that an expression reads; all of them when it uses the variable as a whole. */
export function fieldsOf(ast: unknown, all: readonly string[], variable: string): readonly string[] {
  const used = new Set<string>();
  visit(ast, used, all, variable);
  return all.filter((field) => used.has(field));
}

function visit(node: unknown, used: Set<string>, all: readonly string[], variable: string): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, used, all, variable);
    return;
  }
  if (!isSyntaxNode(node)) return;
  const field = accessedField(node, variable);
  if (field !== undefined) {
    used.add(field);
    return;
  }
  if (node.op === 'id' && node.args === variable) {
    for (const name of all) used.add(name);
    return;
  }
  visit(node.args, used, all, variable);
}

/** The name in `event.name` and `event["name"]`. */
function accessedField({ op, args }: SyntaxNode, variable: string): string | undefined {
  if ((op !== '.' && op !== '[]') || !Array.isArray(args)) return undefined;
  const [receiver, name] = args as readonly unknown[];
  if (!isSyntaxNode(receiver) || receiver.op !== 'id' || receiver.args !== variable) return undefined;
  if (typeof name === 'string') return name;
  return isSyntaxNode(name) && name.op === 'value' && typeof name.args === 'string' ? name.args : undefined;
}

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
