import "./controls.css";
import "./exercise.css";
import { text } from "../text/index.js";
import { h, say } from "./dom.js";
import type { Mount } from "./widget.js";

export interface Props {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly hint: string;
  readonly solution: string;
  /** The starting cell; the page puts its editor there. */
  readonly cell: HTMLElement;
  readonly onCheck: () => void;
  /** Puts the solution into the cell. */
  readonly onUseSolution?: () => void;
  readonly checking: boolean;
  /** What the last check found; null before. */
  readonly result: { readonly passed: boolean; readonly sentences: readonly string[] } | null;
}

const words = text.widgets.exercise;

/** A question, a cell to answer it in, a hint, a check that says what is missing, and the solution folded away. */
export const exercise: Mount<Props> = (container, first) => {
  let props = first;
  const title = h("h3", { class: "exercise-title" });
  const question = h("div", { class: "exercise-question" });
  const cell = h("div", { class: "exercise-cell" });
  const hint = h("p", {});
  const solution = h("code", {});
  const check = h(
    "button",
    { type: "button", class: "widget-button widget-button-main", onclick: () => props.onCheck() },
    words.check,
  );
  const use = h(
    "button",
    { type: "button", class: "widget-button", onclick: () => props.onUseSolution?.() },
    words.use,
  );
  const result = h("div", { class: "exercise-result", role: "status" });
  const root = h(
    "section",
    { class: "exercise", "data-widget": "exercise" },
    title,
    question,
    h("details", { class: "exercise-fold" }, h("summary", {}, words.hint), hint),
    cell,
    h("div", { class: "exercise-check" }, check, result),
    h(
      "details",
      { class: "exercise-fold" },
      h("summary", {}, words.solution),
      h("pre", { class: "exercise-code", tabindex: 0 }, solution),
      use,
    ),
  );
  container.append(root);

  function update(next: Props): void {
    props = next;
    say(title, next.title);
    const paragraphs = next.paragraphs.join("\n");
    if (question.textContent !== next.paragraphs.join(""))
      question.replaceChildren(...paragraphs.split("\n").map((sentence) => h("p", {}, ...inline(sentence))));
    hint.replaceChildren(...inline(next.hint));
    say(solution, next.solution);
    if (cell.firstElementChild !== next.cell) cell.replaceChildren(next.cell);
    use.hidden = !next.onUseSolution;
    check.disabled = next.checking;
    root.classList.toggle("exercise-passed", next.result?.passed === true);
    const sentences = next.checking
      ? [words.checking]
      : next.result
        ? [next.result.passed ? words.passed : words.missing, ...next.result.sentences]
        : [];
    if (result.textContent === sentences.join("")) return;
    result.className = `exercise-result${next.checking || !next.result ? "" : next.result.passed ? " exercise-good" : " exercise-bad"}`;
    const [head, ...rest] = sentences;
    result.replaceChildren(
      ...(head ? [h("p", { class: "exercise-verdict" }, head)] : []),
      ...(rest.length > 0 ? [h("ul", {}, ...rest.map((sentence) => h("li", {}, ...inline(sentence))))] : []),
    );
  }

  update(first);
  return { update, destroy: () => root.remove() };
};

/** `code` in a sentence. */
function inline(sentence: string): (Node | string)[] {
  return sentence
    .split(/(`[^`]+`)/)
    .map((part) => (part.length > 2 && part.startsWith("`") ? h("code", {}, part.slice(1, -1)) : part));
}
