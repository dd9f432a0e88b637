type Child = Node | string | null | undefined | false;
type Attributes = Readonly<Record<string, unknown>>;

/**
 * An element. Attributes whose names start with "on" are listeners, functions and other values with a property of that name are
 * set as properties, `false` and `undefined` are left out.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on") && typeof value === "function")
      element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

export function append(element: Element, children: readonly Child[]): void {
  for (const child of children) if (child || child === "") element.append(child);
}

/** Puts SVG text made by our own figures into an element. */
export function svgOf(markup: string, className = "figure-holder"): HTMLElement {
  const holder = h("div", { class: className });
  holder.innerHTML = markup;
  return holder;
}

/** A paragraph with `code` and *emphasis*. */
export function prose(paragraph: string): HTMLParagraphElement {
  return h("p", {}, ...inline(paragraph));
}

export function inline(sentence: string): (Node | string)[] {
  return sentence.split(/(`[^`]+`|\*[^*]+\*)/).map((part) => {
    if (part.startsWith("`") && part.endsWith("`") && part.length > 2)
      return h("code", {}, part.slice(1, -1));
    if (part.startsWith("*") && part.endsWith("*") && part.length > 2) return h("em", {}, part.slice(1, -1));
    return part;
  });
}

/** Saves bytes as a file of the user's. */
export function download(name: string, bytes: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = h("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Asks the user for a file; resolves to undefined if there is none. */
export function chooseFile(accept: string): Promise<File | undefined> {
  return new Promise((resolve) => {
    const input = h("input", { type: "file", accept });
    input.addEventListener("change", () => resolve(input.files?.[0]));
    input.addEventListener("cancel", () => resolve(undefined));
    input.click();
  });
}
