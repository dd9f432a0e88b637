import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests run on the sources: no build has to come first, and none can be out of date.
    alias: [
      { find: /^keratin$/, replacement: source("index.ts") },
      { find: /^keratin\/layers$/, replacement: source("layers/index.ts") },
      { find: /^#platform$/, replacement: source("runtime/platform/node.ts") },
    ],
  },
  test: {
    include: ["{src,figures,cli,bench,lab,tests}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
