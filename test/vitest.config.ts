import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    // Hooks build libraries and data, on machines that may be busy.
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
