import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { declarations } from "./build/declarations.ts";
import { digits } from "./build/digits.ts";
import { offline } from "./build/offline.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Its warning on slow plugins is no news: what they make is kept (build/cache.mjs). */
const checks = { bundlerTimings: false };

/** The library by its public name, as anybody's program uses it. */
const alias = [
  { find: /^keratin$/, replacement: path("../src/index.ts") },
  { find: /^#platform$/, replacement: path("../src/runtime/platform/browser.ts") },
];

export default defineConfig({
  root: path("."),
  // Works from any folder of any host.
  base: "./",
  resolve: { alias },
  plugins: [digits(), declarations(), offline()],
  worker: { format: "es", plugins: () => [digits(), declarations()], rolldownOptions: { checks } },
  build: {
    target: "es2022",
    outDir: path("dist"),
    emptyOutDir: true,
    rolldownOptions: {
      checks,
      input: {
        index: path("index.html"),
        sandbox: path("sandbox.html"),
        serviceWorker: path("src/offline/serviceWorker.ts"),
      },
      output: {
        entryFileNames: ({ name }) => (name === "serviceWorker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
