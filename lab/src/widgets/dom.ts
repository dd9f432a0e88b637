type Child = Node | string | null | undefined | false;

/**
 * An element. Attributes whose names start with "on" are listeners; `false`, `null` and `undefined` are left out.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, unknown>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on") && typeof value === "function")
      element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child || child === "") element.append(child);
  return element;
}

/** Writes text only where it differs: screen readers speak what is written anew. */
export function say(element: Element, sentence: string): void {
  if (element.textContent !== sentence) element.textContent = sentence;
}

/**
 * One of several elements can be reached with Tab, the others with the arrow keys, Home and End.
 * @param columns elements in a row; 1 for a list that goes down
 * @see https://www.w3.org/WAI/ARIA/apg/practices/keyboard-interface/
 */
export function roving(elements: readonly (HTMLElement | SVGElement)[], columns = 1): void {
  for (const [i, element] of elements.entries()) element.setAttribute("tabindex", i === 0 ? "0" : "-1");
  const move = (from: number, to: number) => {
    elements[from].setAttribute("tabindex", "-1");
    elements[to].setAttribute("tabindex", "0");
    elements[to].focus();
  };
  for (const [i, element] of elements.entries()) {
    element.addEventListener("focus", () => {
      for (const other of elements) other.setAttribute("tabindex", other === element ? "0" : "-1");
    });
    element.addEventListener("keydown", (event) => {
      const to = target((event as KeyboardEvent).key, i, elements.length, columns);
      if (to === undefined) return;
      event.preventDefault();
      move(i, to);
    });
  }
}

/** Where a key leads from the ith of `count` elements in rows of `columns`. */
export function target(key: string, i: number, count: number, columns: number): number | undefined {
  const column = i % columns;
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: i + columns < count ? i + columns : i,
    ArrowUp: i >= columns ? i - columns : i,
    ArrowRight: column < columns - 1 && i + 1 < count ? i + 1 : i,
    ArrowLeft: column > 0 ? i - 1 : i,
    Home: columns === 1 ? 0 : i - column,
    End: columns === 1 ? count - 1 : Math.min(i - column + columns - 1, count - 1),
  };
  return moves[key];
}
