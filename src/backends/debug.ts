import { platform } from "#platform";

export type DebugTopic = "graph" | "kernels" | "wat" | "time";

/** Whether `KERATIN_DEBUG` (a comma-separated list) names a topic. */
export function isDebugging(topic: DebugTopic): boolean {
  return (platform.environment("KERATIN_DEBUG") ?? "").split(",").includes(topic);
}
