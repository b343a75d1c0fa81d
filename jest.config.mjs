import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packedFiles } from './tools/pack-dependencies.mjs';

const root = import.meta.dirname;
const shared = {
  rootDir: root,
  roots: ['apps', 'libs', 'e2e', 'tools', 'bench', 'examples']
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder)),
  testEnvironment: join(root, 'libs/platform/testing/native-arrays.environment.mjs'),
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: {
    '^fast-check$': '<rootDir>/libs/platform/testing/fast-check.mjs',
    '^#contracts$': '<rootDir>/libs/contracts/src/index.ts',
    '^#domain/(.*)$': '<rootDir>/libs/domain/$1/src/index.ts',
    '^#platform/(.*)$': '<rootDir>/libs/platform/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // What services run with, and a few files to load instead of thousands.
    ...Object.fromEntries(
      [...packedFiles(join(root, 'dist'))].map(([name, file]) => [`^${name.replaceAll('.', '\\.')}$`, file]),
    ),
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.eddyline/'],
};

export default {
  watchman: false,
  testSequencer: join(root, 'tools/test-sequencer.mjs'),
  // Ends what hangs. No test asserts on time: on a busy machine each takes what it takes.
  testTimeout: 600_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.(integration|interop)\\.spec\\.ts$', '<rootDir>/e2e/'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['**/*.integration.spec.ts', '<rootDir>/e2e/**/*.spec.ts'],
      // Run only when a test of this project runs: unit tests start no stack.
      globalSetup: '<rootDir>/libs/platform/testing/jest-stack-setup.mjs',
      globalTeardown: '<rootDir>/libs/platform/testing/jest-stack-teardown.mjs',
    },
    // Needs other people's programs (Python): `npm run interop`, and no part of `npm test`.
    ...(process.env.EDDYLINE_INTEROP === undefined
      ? []
      : [{ ...shared, displayName: 'interop', testMatch: ['**/*.interop.spec.ts'] }]),
  ],
};
