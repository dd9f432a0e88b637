import type { Plugin } from "esbuild";

export function bundleCommand(folder: string, plugins?: readonly Plugin[]): Promise<void>;
