import v8 from "node:v8";
let set = false;
export const platform = {
  name: "node" as const,
  environment: (name: string) => process.env[name],
  write: (text: string) => void process.stdout.write(text),
  writeError: (text: string) => void process.stderr.write(text),
  columns: () => process.stdout.columns as number | undefined,
  isTerminal: () => Boolean(process.stdout.isTTY),
  isWindows: () => process.platform === "win32",
  now: () => (performance.timeOrigin + performance.now()) / 1000,
  yieldToEventLoop: () => new Promise<void>((resolve) => setImmediate(resolve)),
  preferOptimizedWasm() { if (!set) { set = true; v8.setFlagsFromString("--no-liftoff"); } },
};
