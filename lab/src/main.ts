import "./style/tokens.css";
import "./style/page.css";
import { prepareOffline } from "./offline/register.js";
import { App } from "./page/app.js";
import { calm } from "./page/calm.js";
import { loadEditor } from "./page/codeField.js";
import { h } from "./page/dom.js";
import { modelsView } from "./page/modelsView.js";
import { practicalView } from "./page/practicalView.js";
import { shell } from "./page/shell.js";
import { cellDocuments } from "./practical/steps.js";

const app = new App();
const quiet = calm(app);
const practical = practicalView(app);
const exercises = lazily(async () => (await import("./page/exercisesView.js")).exercisesView(app));
const build = lazily(async () => (await import("./page/buildView.js")).buildView(app));
const draw = lazily(async () => (await import("./page/drawView.js")).drawView(app));
document
  .getElementById("lab")
  ?.replaceWith(
    shell(app, { practical, exercises, build, draw, models: { element: modelsView(app) } }, practical.cells),
  );

interface Filled {
  readonly element: HTMLElement;
  readonly fill?: () => void;
}

/** A view whose code comes when it is first shown. */
function lazily(load: () => Promise<Filled>): {
  readonly element: HTMLElement;
  readonly fill: () => Promise<void>;
} {
  const element = h("div");
  let loading: Promise<Filled> | undefined;
  return {
    element,
    async fill() {
      loading ??= load().then((view) => {
        element.append(view.element);
        return view;
      });
      (await loading).fill?.();
    },
  };
}

// what is not needed to read comes after the first picture
requestAnimationFrame(() =>
  setTimeout(async () => {
    await app.restore();
    loadEditor(cellDocuments(), quiet);
    // without isolation there is one thread only, until the page was loaded through the service worker
    if (crossOriginIsolated) await quiet;
    await prepareOffline();
  }, 0),
);
