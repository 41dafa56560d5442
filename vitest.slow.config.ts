import { defineConfig } from 'vitest/config';

// What needs minutes, or programs that the suite does not ask for: R and Java.
export default defineConfig({
  test: {
    include: ['packages/*/tests/**/*.slow.test.ts', 'redteam/**/*.slow.test.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
