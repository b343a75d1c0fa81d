// The rules of this repository that no published plugin has. Each one bites in tools/lint-fixtures.

const BANNED_NAMES = new Set(['utils', 'util', 'common', 'helpers', 'helper', 'base', 'manager', 'mapper', 'misc']);
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Every path segment is kebab-case (dots separate a role suffix) and says what is inside. */
const fileName = {
  meta: { type: 'suggestion', schema: [], docs: { description: 'kebab-case file names that name a concept' } },
  create: (context) => ({
    Program(node) {
      const path = context.filename.slice(context.cwd.length + 1).replaceAll('\\', '/');
      for (const segment of path.split('/')) {
        const parts = segment.split('.').filter((part) => part !== '');
        const odd = parts.find((part) => !KEBAB.test(part));
        if (odd) context.report({ node, loc: { line: 1, column: 0 }, message: `"${segment}" is not kebab-case.` });
        const banned = parts.flatMap((part) => part.split('-')).find((word) => BANNED_NAMES.has(word));
        if (banned)
          context.report({
            node,
            loc: { line: 1, column: 0 },
            message: `"${segment}" says "${banned}", which names no concept. Name the file after the one thing in it.`,
          });
      }
    },
  }),
};

const MADE_BY_NEST = new Set(['Injectable', 'Controller', 'Module']);

/**
 * Nest injects by the class that the compiler writes into `design:paramtypes`; a type-only import leaves `Object` there
 * and the service does not start. The compiler accepts it, so this rule does not.
 */
const injectableValueImport = {
  meta: { type: 'problem', schema: [], docs: { description: 'classes injected by type are imported as values' } },
  create(context) {
    const typeOnly = new Set();
    return {
      ImportDeclaration(node) {
        for (const specifier of node.specifiers)
          if (node.importKind === 'type' || specifier.importKind === 'type') typeOnly.add(specifier.local.name);
      },
      'MethodDefinition[kind="constructor"]'(node) {
        const decorators = node.parent.parent.decorators ?? [];
        if (!decorators.some(({ expression }) => MADE_BY_NEST.has(expression.callee?.name))) return;
        for (const parameter of node.value.params) {
          const inner = parameter.type === 'TSParameterProperty' ? parameter.parameter : parameter;
          const type = inner.typeAnnotation?.typeAnnotation;
          const injectedByToken = parameter.decorators?.length || inner.decorators?.length;
          if (injectedByToken || type?.type !== 'TSTypeReference' || type.typeName.type !== 'Identifier') continue;
          if (typeOnly.has(type.typeName.name))
            context.report({
              node: parameter,
              message: `"${type.typeName.name}" is injected by its class: import it as a value, or name a token with @Inject(…).`,
            });
        }
      },
    };
  },
};

export default {
  meta: { name: 'eddyline' },
  rules: { 'file-name': fileName, 'injectable-value-import': injectableValueImport },
};
