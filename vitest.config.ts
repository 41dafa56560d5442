import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/tests/**/*.test.ts',
      'redteam/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    exclude: ['**/*.faults.test.ts', '**/*.slow.test.ts', '**/node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Many files wait for a database, a browser or a clock: on two cores a third fills the gaps.
    maxWorkers: 3,
  },
});
