import type { Plugin } from "esbuild";

export const entries: Readonly<Record<string, string>>;
export function fromSource(platform?: "node" | "browser", names?: readonly string[]): Plugin;
