// What the compiler cannot say about this repository: layers, purity, names. tools/lint-fixtures shows each rule bite.
import nx from '@nx/eslint-plugin';
import { createProjectGraphAsync } from '@nx/devkit';
import tseslint from 'typescript-eslint';
import eddyline from './tools/lint-rules.mjs';

// The boundaries rule reads Nx's project graph from its cache and, where there is none, reports nothing at all. Made
// here (about a second), it is there and fresh however ESLint is started: command line, editor or test.
process.env.NX_DAEMON ??= 'false';
await createProjectGraphAsync({ exitOnError: false, resetDaemonClient: true });

/** npm packages without I/O, clock or chance. */
const PURE_PACKAGES = ['zod', 'yaml', '@marcbachmann/cel-js'];
const escaped = PURE_PACKAGES.map((name) => name.replaceAll('/', '\\/')).join('|');

const SYNTAX = [
  {
    selector: 'ExportAllDeclaration',
    message: 'Name what you export: `export *` hides what a library offers.',
  },
  {
    selector: 'TSEnumDeclaration',
    message: 'Use a union of string literals.',
  },
  {
    selector: 'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|skip|todo|failing)$/]',
    message: 'A committed test runs. Mend it or delete it.',
  },
  {
    selector: 'CallExpression[callee.name=/^(fit|fdescribe|xit|xtest|xdescribe)$/]',
    message: 'A committed test runs. Mend it or delete it.',
  },
];

const PURE_SYNTAX = [
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'The domain has no clock: take the time as an argument.',
  },
  {
    selector: 'CallExpression[callee.name="Date"]',
    message: 'The domain has no clock: take the time as an argument.',
  },
  {
    selector:
      'CallExpression[callee.property.name=/^[gs]et(FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds|TimezoneOffset)$/]',
    message: "Depends on the machine's time zone: use the UTC accessor.",
  },
  { selector: 'ImportExpression', message: 'The domain loads nothing at run time.' },
];

const BOUNDARIES = {
  allow: [],
  // main.ts starts telemetry before it loads what is to be traced.
  checkDynamicDependenciesExceptions: ['^#'],
  depConstraints: [
    { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:platform', 'type:domain', 'type:contracts'] },
    { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:platform', 'type:domain', 'type:contracts'] },
    { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:platform', 'type:contracts'] },
    { sourceTag: 'type:domain', onlyDependOnLibsWithTags: ['type:domain', 'type:contracts'] },
    { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: [], bannedExternalImports: ['*'] },
  ],
};

/** A test comes in by the public door of its own library; nobody imports it, so it closes no circle (see .nxignore). */
const TEST_BOUNDARIES = {
  ...BOUNDARIES,
  allowCircularSelfDependency: true,
  ignoredCircularDependencies: [['platform-kafka', 'platform-avro']],
};

const clock = 'The domain has no clock: take the time as an argument.';
const io = 'The domain does no I/O: put it behind a port, in libs/platform.';
const PURE_GLOBALS = [
  ...['process', 'console', 'fetch', 'WebSocket', 'Buffer', 'require', 'navigator'].map((name) => ({
    name,
    message: io,
  })),
  ...['performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map((name) => ({
    name,
    message: clock,
  })),
  { name: 'crypto', message: 'The domain has no chance: take a seeded generator or an id as an argument.' },
  { name: 'globalThis', message: 'The domain sees only its arguments.' },
];

const PROCESS_ENV = {
  object: 'process',
  property: 'env',
  message: 'Only <service>.config.ts and libs/platform/config read the environment.',
};

export default tseslint.config(
  {
    ignores: ['dist/**', 'node_modules/**', '.nx/**', '.eddyline/**', 'coverage/**', 'tools/lint-fixtures/**'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: ['**/*.ts', '**/*.mjs'], extends: [tseslint.configs.recommended] },
  {
    name: 'eddyline/everywhere',
    files: ['**/*.ts', '**/*.mjs'],
    plugins: { eddyline },
    rules: {
      'eddyline/file-name': 'error',
      'max-lines': ['error', { max: 400 }],
      'no-restricted-syntax': ['error', ...SYNTAX],
      'no-eval': 'error',
      'no-new-func': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    name: 'eddyline/typescript',
    files: ['**/*.ts'],
    plugins: { '@nx': nx, eddyline },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': ['error', BOUNDARIES],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Reports nothing in files with decorators, where a type import would erase what Nest injects by.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      'eddyline/injectable-value-import': 'error',
      'no-restricted-properties': ['error', PROCESS_ENV],
      'no-restricted-imports': [
        'error',
        { paths: ['process', 'node:process'].map((name) => ({ name, message: 'Use the global `process`.' })) },
      ],
    },
  },
  {
    name: 'eddyline/tests',
    files: ['**/*.spec.ts', '**/test/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': ['error', TEST_BOUNDARIES] },
  },
  {
    name: 'eddyline/quiet-libraries-and-services',
    files: ['libs/**/*.ts', 'apps/{ingestion,validation,inference,feedback,monitoring,retraining,explanation}/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    name: 'eddyline/main-is-short',
    files: ['apps/*/src/main.ts'],
    rules: { 'max-lines': ['error', { max: 30 }] },
  },
  {
    name: 'eddyline/pure-domain',
    files: ['libs/domain/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/test/**'],
    rules: {
      'no-restricted-syntax': ['error', ...SYNTAX, ...PURE_SYNTAX],
      'no-restricted-globals': ['error', ...PURE_GLOBALS],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: clock },
        { object: 'Math', property: 'random', message: 'The domain has no chance: take a seeded generator.' },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(?!\\.{1,2}/|#contracts$|#domain/|(${escaped})$).*`,
              message: `The domain imports itself, the contracts and ${PURE_PACKAGES.join(', ')}: nothing else.`,
            },
          ],
        },
      ],
    },
  },
  {
    // Where the environment is read: configuration, and what starts processes.
    files: [
      '**/*.config.ts',
      'libs/platform/config/**/*.ts',
      'libs/platform/testing/**/*.ts',
      '{tools,e2e}/**/*.ts',
      '**/test/**/*.ts',
    ],
    ignores: ['libs/domain/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
);
