import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path("."),
  // Works from any folder of any host.
  base: "./",
  resolve: {
    alias: [
      { find: /^keratin$/, replacement: path("../src/index.ts") },
      { find: /^#platform$/, replacement: path("../src/runtime/platform/browser.ts") },
    ],
  },
  worker: { format: "es" },
  build: { target: "es2022", outDir: path("dist"), emptyOutDir: true },
});
