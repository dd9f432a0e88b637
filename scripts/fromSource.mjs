// An esbuild plugin: `keratin` and `#platform` are the sources of this checkout, so that no build has to come first.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src", import.meta.url));

export function fromSource(platform = "node") {
  return {
    name: "keratin from source",
    setup(bundle) {
      const paths = {
        keratin: join(source, "index.ts"),
        "keratin/layers": join(source, "layers", "index.ts"),
        "#platform": join(source, "runtime", "platform", `${platform}.ts`),
      };
      bundle.onResolve({ filter: /^(keratin|keratin\/layers|#platform)$/ }, (found) => ({
        path: paths[found.path],
        sideEffects: false,
      }));
    },
  };
}
