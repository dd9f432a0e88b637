/** Who imports whom: the rules of ARCHITECTURE.md as a function over sources, so that a test can try them. */
import { posix } from "node:path";
import ts from "typescript";

/** Folders of src/ from low to high. A file imports from its own rank or below. */
const RANKS: readonly (readonly string[])[] = [
  ["tensor"],
  ["trace"],
  ["primitives"],
  ["compiler"],
  ["backends"],
  ["runtime"],
  ["utils"],
  ["ops"],
  ["random"],
  [
    "initializers",
    "activations",
    "regularizers",
    "constraints",
    "losses",
    "metrics",
    "optimizers",
    "datasets",
  ],
  ["layers"],
  ["callbacks", "saving"],
  ["models"],
  ["index"],
  ["figures"],
  ["cli", "bench", "lab"],
];

/** The platform file is swapped by package.json, so backends may use it although it lives in runtime/. */
const PLATFORM_MINIMUM = rank("backends");

/** Files of src/ that the command may bundle a copy of: functions that are not Keras's and so not exported. */
const COPIED_BY_COMMAND = new Set([
  "src/datasets/compression.ts",
  "src/datasets/idx.ts",
  "src/datasets/npz.ts",
  "src/utils/suggest.ts",
]);

/** Names that exist only in Node or only in a page. */
const HOST_GLOBALS = new Set([
  "process",
  "Buffer",
  "require",
  "__dirname",
  "__filename",
  "document",
  "window",
]);

/** Packages that are loaded when they are needed, and by whom. */
const LAZY_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  callbacks: ["@bufbuild/protobuf/wire"],
  models: ["@dagrejs/dagre"],
  saving: ["h5wasm", "@zip.js/zip.js"],
};

export interface SourceFile {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Every way in which the files break the layers, one sentence each. */
export function violations(files: readonly SourceFile[]): string[] {
  const found: string[] = [];
  const edges: Edge[] = [];
  const paths = new Set(files.map((file) => file.path));
  for (const file of files) {
    const parsed = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
    const own = rank(folder(file.path));
    if (own < 0) found.push(`${file.path}: the folder "${folder(file.path)}" has no rank.`);
    for (const { specifier, typeOnly } of importsOf(parsed)) {
      if (specifier === "#platform") {
        if (own < PLATFORM_MINIMUM) found.push(`${file.path} is too low to import #platform.`);
        continue;
      }
      const to = target(file.path, specifier, paths);
      if (to === null) {
        const lazy = typeOnly && LAZY_PACKAGES[folder(file.path)]?.includes(specifier);
        if (file.path.startsWith("src/") && !isPlatform(file.path) && !lazy)
          found.push(`${file.path} imports ${specifier}, which is no file of src/.`);
        continue;
      }
      if (rank(folder(to)) > own) found.push(`${file.path} imports upwards: ${to}.`);
      if (
        file.path.startsWith("cli/") &&
        to.startsWith("src/") &&
        specifier !== "keratin" &&
        !COPIED_BY_COMMAND.has(to)
      )
        found.push(`${file.path} imports ${to}: the command uses the library as "keratin".`);
      edges.push({ from: file.path, to, typeOnly });
    }
    if (file.path.startsWith("src/") && !isPlatform(file.path))
      for (const name of hostGlobals(parsed))
        found.push(`${file.path} uses ${name}: that belongs in #platform.`);
  }
  for (const cycle of cycles(folderEdges(edges))) found.push(`folders in a cycle: ${cycle.join(" → ")}.`);
  // operations and their derivatives need one another: a broadcast's derivative is a sum, and a sum's a broadcast
  const ordered = edges.filter((edge) => !edge.typeOnly && folder(edge.from) !== "primitives");
  for (const cycle of cycles(ordered)) found.push(`files in a cycle: ${cycle.join(" → ")}.`);
  return found;
}

function rank(name: string): number {
  return RANKS.findIndex((names) => names.includes(name));
}

/** `src/layers/core/dense.ts` → layers, `src/index.ts` → index, `cli/practical/run.ts` → cli. */
function folder(path: string): string {
  const [top, second] = path.split("/");
  return top === "src" ? second.replace(/\.ts$/, "") : top;
}

function isPlatform(path: string): boolean {
  return path.startsWith("src/runtime/platform/");
}

/** The file that a specifier means, or null for a package and for what is not there. */
function target(from: string, specifier: string, paths: ReadonlySet<string>): string | null {
  if (specifier === "keratin") return "src/index.ts";
  if (!specifier.startsWith(".")) return null;
  const path = posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
  return paths.has(path) ? path : null;
}

function importsOf(file: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (literal: ts.Node | undefined, typeOnly: boolean) => {
    if (literal && ts.isStringLiteralLike(literal)) found.push({ specifier: literal.text, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    // A file that is loaded when it is needed cannot leave its importer half-initialised: no file cycle.
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], true);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Host globals that the file reads and does not declare itself. */
function hostGlobals(file: ts.SourceFile): Set<string> {
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && HOST_GLOBALS.has(node.text)) {
      const parent = node.parent as ts.Node & { name?: ts.Node; propertyName?: ts.Node };
      const names = parent.name === node || parent.propertyName === node;
      if (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) {
        if (names) declared.add(node.text);
        else used.add(node.text);
      } else if (ts.isFunctionDeclaration(parent) || ts.isImportSpecifier(parent)) declared.add(node.text);
      else if (!names || ts.isShorthandPropertyAssignment(parent)) used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  for (const name of declared) used.delete(name);
  return used;
}

function folderEdges(edges: readonly Edge[]): Edge[] {
  const all = edges.map(({ from, to, typeOnly }) => ({ from: folder(from), to: folder(to), typeOnly }));
  // Upward imports have been reported already; what is left to see is a cycle within one rank.
  return all.filter(({ from, to }) => from !== to && rank(from) === rank(to));
}

/** Strongly connected groups of more than one node (Tarjan), each as a closed path. */
function cycles(edges: readonly Edge[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    if (!next.has(from)) next.set(from, new Set());
    next.get(from)?.add(to);
  }
  const order = new Map<string, number>();
  const stack: string[] = [];
  const groups: string[][] = [];
  const visit = (node: string): number => {
    const index = order.size;
    order.set(node, index);
    let lowest = index;
    stack.push(node);
    for (const to of next.get(node) ?? []) {
      if (!order.has(to)) lowest = Math.min(lowest, visit(to));
      else if (stack.includes(to)) lowest = Math.min(lowest, order.get(to) as number);
    }
    if (lowest === index) groups.push(stack.splice(stack.indexOf(node)));
    return lowest;
  };
  for (const node of next.keys()) if (!order.has(node)) visit(node);
  const alone = (node: string) => next.get(node)?.has(node) ?? false;
  return groups
    .filter((group) => group.length > 1 || alone(group[0]))
    .map((group) => closedPath(group, next));
}

/** A shortest way from the first node of a group back to itself. */
function closedPath(group: readonly string[], next: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const inside = new Set(group);
  const start = group[0];
  const queue: string[][] = [[start]];
  const seen = new Set<string>();
  for (let path = queue.shift(); path; path = queue.shift()) {
    for (const to of next.get(path[path.length - 1]) ?? []) {
      if (to === start) return [...path, start];
      if (!inside.has(to) || seen.has(to)) continue;
      seen.add(to);
      queue.push([...path, to]);
    }
  }
  return [...group];
}
