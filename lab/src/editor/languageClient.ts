import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { Diagnostic } from "@codemirror/lint";
import type { Tooltip } from "@codemirror/view";
import type { LanguageAnswer, LanguageQuestion } from "./languageProtocol.js";
import LanguageWorker from "./languageWorker.ts?worker";

// The page's end of TypeScript's language service, which lives in a worker of its own and is loaded when the first editor is there.

/** Milliseconds without a key until problems are looked for. */
const PAUSE = 400;

let worker: Worker | undefined;
let questions = 0;
const waiting = new Map<number, (answer: LanguageAnswer) => void>();
const codes = new Map<string, string>();
const listeners = new Map<string, (problems: readonly Diagnostic[]) => void>();
let documents: readonly (readonly string[])[] = [];
let sent = false;
/** When the language service may be loaded without being asked. */
let calm: Promise<void> = Promise.resolve();
let pause: ReturnType<typeof setTimeout> | undefined;

/**
 * Which cells there are, document by document in their order: a cell sees what those before it declare.
 * @param quiet until then the language service is loaded only for somebody who asks it
 */
export function setDocuments(
  cells: readonly (readonly string[])[],
  code: ReadonlyMap<string, string>,
  quiet: Promise<void>,
): void {
  documents = cells;
  calm = quiet;
  for (const [id, text] of code) codes.set(id, text);
  sent = false;
}

export function typesChanged(id: string, code: string): void {
  codes.set(id, code);
  sent = false;
  clearTimeout(pause);
  pause = setTimeout(findProblems, PAUSE);
}

/** `listener` is told what is wrong in a cell. */
export function onProblems(id: string, listener: (problems: readonly Diagnostic[]) => void): void {
  listeners.set(id, listener);
}

export async function completionsAt(
  id: string,
  context: CompletionContext,
): Promise<CompletionResult | null> {
  const word = context.matchBefore(/[\w$]*/);
  const before = context.state.sliceDoc(Math.max(0, (word?.from ?? context.pos) - 1), word?.from);
  if (!context.explicit && word?.from === word?.to && before !== "." && before !== '"') return null;
  codes.set(id, context.state.doc.toString());
  sent = false;
  const answer = await ask({ type: "completions", cell: id, position: context.pos });
  if (answer.type !== "completions" || answer.entries.length === 0) return null;
  return {
    from: word?.from ?? context.pos,
    validFor: /^[\w$]*$/,
    options: answer.entries.map(
      ({ name, kind, insert }): Completion => ({
        label: name,
        type: kind,
        apply: insert,
        info: async () => {
          const details = await ask({ type: "details", cell: id, position: context.pos, name });
          return details.type === "details" && details.text
            ? described(details.text, details.documentation)
            : null;
        },
      }),
    ),
  };
}

export async function describeAt(id: string, position: number): Promise<Tooltip | null> {
  const answer = await ask({ type: "hover", cell: id, position });
  if (answer.type !== "details" || !answer.text) return null;
  const { text, documentation, from = position, to = position } = answer;
  return { pos: from, end: to, above: true, create: () => ({ dom: described(text, documentation) }) };
}

function described(type: string, documentation: string): HTMLElement {
  const element = document.createElement("div");
  const code = document.createElement("div");
  code.className = "cm-type";
  code.textContent = type;
  const words = document.createElement("div");
  words.className = "cm-doc";
  words.textContent = documentation;
  element.append(code, words);
  return element;
}

async function findProblems(): Promise<void> {
  if (!worker) await calm;
  const answer = await ask({ type: "problems" });
  if (answer.type !== "problems") return;
  for (const [id, listener] of listeners)
    listener(
      (answer.problems[id] ?? []).map(({ from, to, message, severity }) => ({ from, to, message, severity })),
    );
}

function ask(question: LanguageQuestion): Promise<LanguageAnswer> {
  if (!worker) {
    worker = new LanguageWorker();
    worker.onmessage = ({ data }: MessageEvent<{ id: number; answer: LanguageAnswer }>) => {
      waiting.get(data.id)?.(data.answer);
      waiting.delete(data.id);
    };
  }
  if (!sent) {
    worker.postMessage({ type: "documents", documents, codes });
    sent = true;
  }
  const id = ++questions;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker?.postMessage({ ...question, id });
  });
}
