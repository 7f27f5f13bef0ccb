import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    // Most of what the tests do is to wait for servers and processes: twice as many as the cores of a small machine.
    maxWorkers: 4,
  },
});
