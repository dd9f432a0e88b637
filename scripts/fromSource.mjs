// An esbuild plugin: `keratin`, its subpaths and `#platform` are the sources of this checkout, so that no build has to come first.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The sources of the library's entries, by specifier: `keratin`, `keratin/layers`, … */
export const entries = Object.fromEntries(
  Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === "object")
    .map(([path, target]) => [
      `keratin${path.slice(1)}`,
      join(root, target.default.replace(/^\.\/dist\//, "").replace(/\.js$/, ".ts")),
    ]),
);

/** @param names what is resolved; default all */
export function fromSource(platform = "node", names = [...Object.keys(entries), "#platform"]) {
  const paths = { ...entries, "#platform": join(root, "src", "runtime", "platform", `${platform}.ts`) };
  return {
    name: "keratin from source",
    setup(bundle) {
      bundle.onResolve({ filter: /^(keratin($|\/)|#platform$)/ }, ({ path }) =>
        names.includes(path) ? { path: paths[path], sideEffects: false } : undefined,
      );
    },
  };
}
