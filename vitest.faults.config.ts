import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['packages/*/tests/**/*.faults.test.ts'], testTimeout: 600_000, pool: 'forks' },
});
