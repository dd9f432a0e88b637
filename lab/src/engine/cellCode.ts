import { type Declaration, type Pattern, type Program, parse, type VariableDeclaration } from "acorn";
import { transform } from "sucrase";
import { CellSyntaxError } from "./cellSyntaxError.js";

/** What may be imported in a cell. */
export const MODULES = ["keratin", "lab"] as const;
export type ModuleName = (typeof MODULES)[number];

/** A cell, ready to be the body of an async function. */
export interface CellProgram {
  readonly body: string;
  /** Names that the cell declares at its top level, for the cells after it. */
  readonly names: readonly string[];
  readonly imports: readonly {
    readonly module: ModuleName;
    /** `"*"` stands for the whole module. */
    readonly imported: string;
    readonly local: string;
  }[];
}

/** A change of the source that keeps every line where it is. */
interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/**
 * Makes a cell's TypeScript into JavaScript whose top-level declarations are assignments to names that all cells share, and
 * whose value is that of its last expression. Lines stay where they are, so that errors can tell theirs.
 *
 * @throws CellSyntaxError
 */
export function compileCell(source: string): CellProgram {
  const code = javascript(source);
  const program = parsed(code);
  const names: string[] = [];
  const imports: CellProgram["imports"][number][] = [];
  const edits: Edit[] = [];
  const hoisted: string[] = [];
  program.body.forEach((statement, index) => {
    const last = index === program.body.length - 1;
    switch (statement.type) {
      case "ImportDeclaration": {
        const module = MODULES.find((name) => name === statement.source.value);
        if (!module)
          throw new CellSyntaxError(
            `A cell can import from ${MODULES.map((name) => `"${name}"`).join(" and ")}. Received: ${JSON.stringify(statement.source.value)}`,
            statement.loc?.start.line,
            (statement.loc?.start.column ?? 0) + 1,
          );
        for (const specifier of statement.specifiers) {
          const imported =
            specifier.type === "ImportSpecifier"
              ? "name" in specifier.imported
                ? specifier.imported.name
                : String(specifier.imported.value)
              : specifier.type === "ImportNamespaceSpecifier"
                ? "*"
                : "default";
          imports.push({ module, imported, local: specifier.local.name });
        }
        edits.push(blank(code, statement.start, statement.end));
        break;
      }
      case "VariableDeclaration":
        edits.push(...assignments(code, statement, names));
        break;
      case "FunctionDeclaration":
        names.push(statement.id.name);
        hoisted.push(`globalThis.${statement.id.name} = ${statement.id.name};`);
        break;
      case "ClassDeclaration":
        names.push(statement.id.name);
        edits.push({ at: statement.start, remove: 0, insert: `;${statement.id.name} = ` });
        edits.push({ at: statement.end, remove: 0, insert: ";" });
        break;
      case "ExpressionStatement":
        if (!last) break;
        edits.push({ at: statement.start, remove: 0, insert: "return (" });
        edits.push({ at: statement.expression.end, remove: 0, insert: ")" });
        break;
      case "ExportNamedDeclaration":
      case "ExportDefaultDeclaration":
      case "ExportAllDeclaration":
        throw new CellSyntaxError(
          "A cell exports nothing: what it declares at its top level is there for the cells after it.",
          statement.loc?.start.line,
          (statement.loc?.start.column ?? 0) + 1,
        );
    }
  });
  return { body: `"use strict";${hoisted.join("")}${applied(code, edits)}`, names, imports };
}

function javascript(source: string): string {
  try {
    return transform(source, {
      transforms: ["typescript"],
      disableESTransforms: true,
      keepUnusedImports: true,
    }).code;
  } catch (error) {
    const place = error as { loc?: { line: number; column: number } };
    const message = (error instanceof Error ? error.message : String(error))
      .replace(/^Error transforming .*?: /, "")
      .replace(/ \(\d+:\d+\)$/, "");
    throw new CellSyntaxError(message, place.loc?.line, place.loc?.column);
  }
}

function parsed(code: string): Program {
  try {
    return parse(code, {
      ecmaVersion: "latest",
      sourceType: "module",
      allowAwaitOutsideFunction: true,
      locations: true,
    });
  } catch (error) {
    const { message, loc } = error as Error & { loc?: { line: number; column: number } };
    throw new CellSyntaxError(message.replace(/ \(\d+:\d+\)$/, ""), loc?.line, loc && loc.column + 1);
  }
}

/** `const a = 1, { b } = c;` becomes `;(a = 1, { b } = c);` */
function assignments(code: string, declaration: VariableDeclaration, names: string[]): Edit[] {
  const edits: Edit[] = [
    { at: declaration.start, remove: declaration.declarations[0].start - declaration.start, insert: ";(" },
  ];
  for (const { id, init, end } of declaration.declarations) {
    collectNames(id, names);
    if (!init) edits.push({ at: end, remove: 0, insert: " = undefined" });
  }
  const { end } = declaration.declarations[declaration.declarations.length - 1];
  edits.push({ at: end, remove: 0, insert: code[declaration.end - 1] === ";" ? ")" : ");" });
  return edits.map((edit) =>
    edit.remove > 0 ? { ...edit, insert: keptLines(code, edit) + edit.insert } : edit,
  );
}

function collectNames(pattern: Pattern | Declaration["id" & keyof Declaration], names: string[]): void {
  switch (pattern.type) {
    case "Identifier":
      names.push(pattern.name);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties)
        collectNames(property.type === "RestElement" ? property.argument : property.value, names);
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element) collectNames(element, names);
      break;
    case "RestElement":
      collectNames(pattern.argument, names);
      break;
    case "AssignmentPattern":
      collectNames(pattern.left, names);
      break;
  }
}

function blank(code: string, start: number, end: number): Edit {
  const edit = { at: start, remove: end - start, insert: "" };
  return { ...edit, insert: `${keptLines(code, edit)};` };
}

function keptLines(code: string, { at, remove }: Edit): string {
  return "\n".repeat(code.slice(at, at + remove).split("\n").length - 1);
}

function applied(code: string, edits: readonly Edit[]): string {
  let result = "";
  let position = 0;
  // several edits at one place stay in the order they were made in
  for (const { at, remove, insert } of [...edits].sort((a, b) => a.at - b.at)) {
    result += code.slice(position, at) + insert;
    position = at + remove;
  }
  return result + code.slice(position);
}
