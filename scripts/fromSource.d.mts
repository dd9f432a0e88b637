import type { Plugin } from "esbuild";

export function fromSource(platform?: "node" | "browser"): Plugin;
