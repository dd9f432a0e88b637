import type { Browser } from "playwright-core";

export const executablePath: string | undefined;
export function launch(): Promise<Browser>;
