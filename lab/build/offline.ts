import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Plugin } from "vite";

const NAME = "serviceWorker.js";

/** Tells the service worker which files there are. */
export function offline(): Plugin {
  return {
    name: "keratin-lab:offline",
    apply: "build",
    writeBundle({ dir }) {
      if (!dir) return;
      const paths = readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((path) => path !== NAME && !path.endsWith(".map"))
        .sort();
      const hash = (path: string) =>
        createHash("sha256")
          .update(readFileSync(join(dir, path)))
          .digest("hex")
          .slice(0, 16);
      const files = Object.fromEntries(paths.map((path) => [path, hash(path)]));
      const code = readFileSync(join(dir, NAME), "utf8");
      const list = JSON.stringify(files);
      const version = createHash("sha256").update(list).update(code).digest("hex").slice(0, 16);
      writeFileSync(
        join(dir, NAME),
        code.replace("__FILES__", list.replaceAll('"', '\\"')).replace("__VERSION__", version),
      );
    },
  };
}
