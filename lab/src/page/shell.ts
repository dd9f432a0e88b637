import { text } from "../text/index.js";
import type { App } from "./app.js";
import type { CellView } from "./cellView.js";
import { chooseFile, download, h } from "./dom.js";

const t = text.shell;
export type ViewName = keyof typeof t.views;

/** One part of the page; `fill` is called when it is first shown. */
export interface View {
  readonly element: HTMLElement;
  readonly fill?: () => void | Promise<void>;
}

/** The frame around the views: title, controls, navigation. */
export function shell(
  app: App,
  views: Readonly<Record<ViewName, View>>,
  practicalCells: readonly CellView[],
): HTMLElement {
  const names = Object.keys(views) as ViewName[];
  const links = new Map(names.map((name) => [name, h("a", { href: `#${name}` }, t.views[name])] as const));
  for (const name of names) {
    views[name].element.classList.add("view");
    views[name].element.id = `view-${name}`;
  }
  const show = (moveFocus: boolean) => {
    const wanted = location.hash.slice(1).split("/")[0] as ViewName;
    const current = names.includes(wanted) ? wanted : "practical";
    for (const name of names) {
      views[name].element.hidden = name !== current;
      const link = links.get(name);
      if (name === current) link?.setAttribute("aria-current", "page");
      else link?.removeAttribute("aria-current");
    }
    document.title = current === "practical" ? t.title : `${t.views[current]} – ${t.title}`;
    void views[current].fill?.();
    if (moveFocus) {
      scrollTo(0, 0);
      views[current].element.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", () => show(true));
  show(false);

  return h(
    "div",
    { class: "page" },
    h("a", { class: "skip", href: "#content", onclick: skip }, t.skip),
    h(
      "header",
      { class: "top" },
      h("div", { class: "brand" }, h("h1", {}, t.title), h("p", {}, t.subtitle)),
      h("nav", { class: "views", "aria-label": t.navigation }, ...links.values()),
      controls(app, practicalCells),
    ),
    h("main", { id: "content", tabindex: -1 }, ...names.map((name) => views[name].element)),
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function controls(app: App, practicalCells: readonly CellView[]): HTMLElement {
  const runAll = h(
    "button",
    { type: "button", class: "main-action", onclick: () => void app.runAll(practicalCells) },
    t.runAll,
  );
  const stop = h(
    "button",
    { type: "button", class: "stop", disabled: true, onclick: () => app.stop() },
    t.stop,
  );
  const seed = h("input", { type: "number", id: "seed", min: 0, max: 4294967295, step: 1 });
  const resetSeed = h("button", { type: "button", class: "quiet" }, t.resetSeed);
  resetSeed.addEventListener("click", () => {
    if (seed.checkValidity() && Number.isInteger(seed.valueAsNumber)) app.setSeed(seed.valueAsNumber);
    else seed.reportValidity();
  });
  const theme = h(
    "select",
    { id: "theme", onchange: () => app.setTheme(theme.value as "auto") },
    ...Object.entries(t.themes).map(([value, label]) => h("option", { value }, label)),
  );
  const status = h("p", { class: "engine-status", role: "status" });
  const message = h("p", { class: "message", role: "status" });
  const showRunning = () => {
    stop.disabled = !app.running;
    runAll.disabled = app.running;
  };
  const showStatus = () => {
    status.textContent = `${app.status} · ${app.dataStatus}`;
  };
  const showSettings = () => {
    seed.value = String(app.settings.seed);
    theme.value = app.settings.theme;
    if (app.settings.theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = app.settings.theme;
  };
  app.on("running", showRunning);
  app.on("status", showStatus);
  app.on("settings", showSettings);
  app.on("message", () => {
    message.textContent = app.message;
  });
  showStatus();
  showSettings();
  return h(
    "div",
    { class: "controls", role: "group", "aria-label": t.controls },
    runAll,
    stop,
    h("span", { class: "field" }, h("label", { for: "seed" }, t.seed), seed, resetSeed),
    h(
      "details",
      { class: "menu" },
      h("summary", {}, t.file),
      h(
        "div",
        { class: "menu-items" },
        h(
          "button",
          { type: "button", onclick: () => download("lab.json", app.exportFile(), "application/json") },
          t.export,
        ),
        h("button", { type: "button", onclick: () => void importWork(app) }, t.import),
        h("button", { type: "button", onclick: () => void startOver(app) }, t.startOver),
        h("span", { class: "field" }, h("label", { for: "theme" }, t.theme), theme),
      ),
    ),
    status,
    message,
  );
}

async function importWork(app: App): Promise<void> {
  const file = await chooseFile(".json,application/json");
  if (!file || !confirm(t.importQuestion)) return;
  try {
    await app.importFile(await file.text());
  } catch (error) {
    app.say(t.importFailed((error as Error).message));
  }
}

async function startOver(app: App): Promise<void> {
  if (confirm(t.startOverQuestion)) await app.startOver();
}
