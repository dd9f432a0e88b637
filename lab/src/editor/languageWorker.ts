import { declarations } from "virtual:declarations";
import ts from "typescript";
import type { Documents, LanguageAnswer, LanguageQuestion, Problem } from "./languageProtocol.js";

// TypeScript's language service over the cells. The cells of a document, one after another, are one file; cells that the documents
// before it declare are part of it, in front.

const PLATFORM = "/src/runtime/platform/browser.d.ts";
/** A name declared by two cells is no mistake: the later cell wins, as it does when they run. */
const REDECLARED = new Set([2451, 2300, 2440, 2393, 2403]);
/** Of pages' and workers' names, those that cells use. */
const AMBIENT = `declare const console: { log(...values: unknown[]): void; warn(...values: unknown[]): void; error(...values: unknown[]): void; info(...values: unknown[]): void };
declare const performance: { now(): number };
declare function setTimeout(callback: () => void, milliseconds?: number): number;
declare function clearTimeout(id: number): void;
declare function structuredClone<T>(value: T): T;
`;

interface Piece {
  readonly cell: string;
  readonly start: number;
  readonly code: string;
}

const files = new Map<string, { text: string; version: number }>();
let pieces = new Map<string, readonly Piece[]>();
let fileOf = new Map<string, string>();

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2023.d.ts"],
  types: [],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

const text = (path: string) => files.get(path)?.text ?? declarations[path];
const snapshots = new Map<string, ts.IScriptSnapshot>();

const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => ["/ambient.d.ts", ...pieces.keys()],
  getScriptVersion: (path) => String(files.get(path)?.version ?? 0),
  getScriptSnapshot: (path) => {
    const content = text(path);
    if (content === undefined) return undefined;
    if (files.has(path)) return ts.ScriptSnapshot.fromString(content);
    const known = snapshots.get(path) ?? ts.ScriptSnapshot.fromString(content);
    snapshots.set(path, known);
    return known;
  },
  getCurrentDirectory: () => "/",
  getDefaultLibFileName: () => "/lib.es2023.d.ts",
  fileExists: (path) => text(path) !== undefined,
  readFile: text,
  directoryExists: () => true,
  getDirectories: () => [],
  resolveModuleNameLiterals: (literals, from) =>
    literals.map(({ text: name }) => {
      const path = moduleFile(name, from);
      return path === undefined
        ? { resolvedModule: undefined }
        : {
            resolvedModule: {
              resolvedFileName: path,
              extension: ts.Extension.Dts,
              isExternalLibraryImport: false,
            },
          };
    }),
});

function moduleFile(name: string, from: string): string | undefined {
  if (name === "keratin") return "/src/index.d.ts";
  if (name === "lab") return "/lab/src/engine/labModule.d.ts";
  if (name === "#platform") return PLATFORM;
  if (!name.startsWith(".")) return undefined;
  const path = new URL(name, `file://${from}`).pathname.replace(/\.js$/, ".d.ts");
  return text(path) === undefined ? undefined : path;
}

function setText(path: string, content: string): void {
  const before = files.get(path);
  if (before?.text !== content) files.set(path, { text: content, version: (before?.version ?? 0) + 1 });
}

/** The first document is what all others build upon. */
function setDocuments({ documents, codes }: Documents): void {
  pieces = new Map();
  fileOf = new Map();
  const [base = []] = documents;
  documents.forEach((cells, i) => {
    const path = `/document-${i}.ts`;
    let content = "export {};\n";
    const own: Piece[] = [];
    const add = (cell: string) => {
      const code = codes.get(cell) ?? "";
      own.push({ cell, start: content.length, code });
      content += `${code}\n`;
    };
    if (i > 0) {
      for (const cell of base) content += `${codes.get(cell) ?? ""}\n`;
      content += "{\n";
    }
    for (const cell of cells) {
      add(cell);
      fileOf.set(cell, path);
    }
    if (i > 0) content += "}\n";
    setText(path, content);
    pieces.set(path, own);
  });
}

function place(cell: string): { readonly path: string; readonly piece: Piece } | undefined {
  const path = fileOf.get(cell);
  const piece = path === undefined ? undefined : pieces.get(path)?.find((one) => one.cell === cell);
  return path !== undefined && piece ? { path, piece } : undefined;
}

function answer(question: LanguageQuestion): LanguageAnswer {
  if (question.type === "problems") return { type: "problems", problems: allProblems() };
  const at = place(question.cell);
  const empty: LanguageAnswer = { type: "details", text: "", documentation: "" };
  if (!at) return question.type === "completions" ? { type: "completions", entries: [] } : empty;
  const { path, piece } = at;
  const position = piece.start + question.position;
  switch (question.type) {
    case "completions": {
      const found = service.getCompletionsAtPosition(path, position, {
        includeCompletionsWithInsertText: true,
      });
      return {
        type: "completions",
        entries: (found?.entries ?? [])
          .filter(({ name, kind }) => kind !== ts.ScriptElementKind.warning && !name.startsWith("_"))
          .slice(0, 400)
          .map(({ name, kind, insertText }) => ({ name, kind: kindName(kind), insert: insertText })),
      };
    }
    case "details": {
      const found = service.getCompletionEntryDetails(
        path,
        position,
        question.name,
        {},
        undefined,
        {},
        undefined,
      );
      return {
        type: "details",
        text: ts.displayPartsToString(found?.displayParts),
        documentation: ts.displayPartsToString(found?.documentation),
      };
    }
    case "hover": {
      const found = service.getQuickInfoAtPosition(path, position);
      if (!found) return empty;
      const from = found.textSpan.start - piece.start;
      return {
        type: "details",
        text: ts.displayPartsToString(found.displayParts),
        documentation: ts.displayPartsToString(found.documentation),
        from,
        to: from + found.textSpan.length,
      };
    }
  }
}

function allProblems(): Record<string, Problem[]> {
  const problems: Record<string, Problem[]> = {};
  for (const [path, cells] of pieces) {
    for (const found of [...service.getSyntacticDiagnostics(path), ...service.getSemanticDiagnostics(path)]) {
      if (found.start === undefined || REDECLARED.has(found.code)) continue;
      const start = found.start;
      const piece = cells.find((one) => start >= one.start && start <= one.start + one.code.length);
      if (!piece) continue;
      const from = start - piece.start;
      problems[piece.cell] ??= [];
      problems[piece.cell].push({
        from,
        to: Math.min(from + Math.max(1, found.length ?? 1), piece.code.length),
        message: ts.flattenDiagnosticMessageText(found.messageText, "\n"),
        severity: found.category === ts.DiagnosticCategory.Error ? "error" : "warning",
      });
    }
  }
  return problems;
}

/** As the editor's icons call it. */
function kindName(kind: ts.ScriptElementKind): string {
  switch (kind) {
    case ts.ScriptElementKind.classElement:
      return "class";
    case ts.ScriptElementKind.functionElement:
    case ts.ScriptElementKind.localFunctionElement:
      return "function";
    case ts.ScriptElementKind.memberFunctionElement:
      return "method";
    case ts.ScriptElementKind.memberVariableElement:
    case ts.ScriptElementKind.memberGetAccessorElement:
      return "property";
    case ts.ScriptElementKind.keyword:
      return "keyword";
    case ts.ScriptElementKind.moduleElement:
      return "namespace";
    case ts.ScriptElementKind.string:
      return "text";
    case ts.ScriptElementKind.interfaceElement:
    case ts.ScriptElementKind.typeElement:
      return "type";
    default:
      return "variable";
  }
}

setText("/ambient.d.ts", AMBIENT);
addEventListener(
  "message",
  ({ data }: MessageEvent<Documents | (LanguageQuestion & { readonly id: number })>) => {
    if (data.type === "documents") setDocuments(data);
    else postMessage({ id: data.id, answer: answer(data) });
  },
);
