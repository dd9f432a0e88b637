import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { CellError } from "../engine/protocol.js";
import type { CodeEvents, Editor } from "../page/codeField.js";
import { completionsAt, describeAt, onProblems, typesChanged } from "./languageClient.js";

export { setDocuments } from "./languageClient.js";

const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.comment], color: "var(--text-muted)", fontStyle: "italic" },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName)],
    color: "var(--code-function)",
  },
  { tag: [tags.typeName, tags.className], color: "var(--code-type)" },
]);

const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "transparent", fontSize: "0.9rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.5rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--text-muted)", border: "none" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--line-active)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--surface-raised)",
    color: "var(--text)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    maxWidth: "min(36rem, 90vw)",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent)",
    color: "var(--on-accent)",
  },
  ".cm-tooltip .cm-type": {
    fontFamily: "var(--font-code)",
    fontSize: "0.85rem",
    padding: "0.4rem",
    whiteSpace: "pre-wrap",
  },
  ".cm-tooltip .cm-doc": { padding: "0 0.4rem 0.4rem", whiteSpace: "pre-wrap" },
  ".cm-diagnostic": { padding: "0.3rem 0.6rem" },
});

/** An editor in TypeScript mode, with completions and problems from the language service. */
export function makeEditor(id: string, value: string, label: string, events: CodeEvents): Editor {
  let runError: CellError | undefined;
  let problems: readonly Diagnostic[] = [];
  let quiet = false;
  const showProblems = () => {
    const shown = runError ? [...problems, ...asDiagnostic(view.state, runError)] : problems;
    view.dispatch(
      setDiagnostics(
        view.state,
        shown.filter(({ to }) => to <= view.state.doc.length),
      ),
    );
  };
  const view = new EditorView({
    state: EditorState.create({
      doc: value,
      extensions: [
        lineNumbers(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("  "),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        javascript({ typescript: true }),
        syntaxHighlighting(highlighting),
        theme,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label }),
        autocompletion({ override: [(context) => completionsAt(id, context)] }),
        hoverTooltip((_, position) => describeAt(id, position)),
        Prec.highest(
          keymap.of([
            {
              key: "Shift-Enter",
              run: () => {
                events.run();
                return true;
              },
            },
          ]),
        ),
        // Tab leaves the editor, as it leaves any other field
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          ...completionKeymap,
          ...lintKeymap,
        ]),
        EditorView.updateListener.of(({ docChanged }) => {
          if (!docChanged) return;
          runError = undefined;
          typesChanged(id, view.state.doc.toString());
          if (!quiet) events.changed();
        }),
      ],
    }),
  });
  onProblems(id, (found) => {
    problems = found;
    showProblems();
  });
  typesChanged(id, value);
  return {
    element: view.dom,
    get value() {
      return view.state.doc.toString();
    },
    set value(code: string) {
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: code } });
      quiet = false;
    },
    get hasFocus() {
      return view.hasFocus;
    },
    focus: () => view.focus(),
    showError(error) {
      runError = error;
      showProblems();
    },
  };
}

function asDiagnostic(state: EditorState, { line, message }: CellError): Diagnostic[] {
  if (line === undefined || line < 1 || line > state.doc.lines) return [];
  const { from, to } = state.doc.line(line);
  return [{ from, to, severity: "error", message }];
}
