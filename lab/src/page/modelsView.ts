import { text } from "../text/index.js";
import type { App } from "./app.js";
import { chooseFile, download, h, prose } from "./dom.js";

const t = text.shell;

/** The models that the browser keeps: downloads, uploads. */
export function modelsView(app: App): HTMLElement {
  const list = h("div", { class: "models" });
  const note = h("p", { role: "status" });
  const upload = h("button", { type: "button" }, t.upload);
  upload.addEventListener("click", async () => {
    const file = await chooseFile(".keras");
    if (!file) return;
    const name = variableName(file.name.replace(/\.keras$/i, ""));
    try {
      await app.uploadModel(name, new Uint8Array(await file.arrayBuffer()));
      note.textContent = t.uploaded(name);
    } catch (error) {
      note.textContent = t.uploadFailed((error as Error).message);
    }
  });
  const show = () => {
    const { name, parameters, sha, actions } = t.modelTable;
    if (app.kept.size === 0) {
      list.replaceChildren(h("p", { class: "note" }, t.noModels));
      return;
    }
    list.replaceChildren(
      h(
        "div",
        { class: "table-holder", tabindex: 0, role: "group", "aria-label": t.modelsTitle },
        h(
          "table",
          {},
          h(
            "thead",
            {},
            h("tr", {}, ...[name, parameters, actions, sha].map((title) => h("th", { scope: "col" }, title))),
          ),
          h(
            "tbody",
            {},
            ...[...app.kept.values()].map(({ name: model, info, file }) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, model),
                h("td", {}, t.number(info.parameters)),
                h(
                  "td",
                  { class: "actions" },
                  h(
                    "button",
                    {
                      type: "button",
                      "aria-label": t.downloadLabel(model),
                      onclick: () => download(`${model}.keras`, file, "application/octet-stream"),
                    },
                    t.download,
                  ),
                  " ",
                  h(
                    "button",
                    {
                      type: "button",
                      class: "quiet",
                      "aria-label": t.removeLabel(model),
                      onclick: () => void app.removeModel(model),
                    },
                    t.remove,
                  ),
                ),
                h("td", { class: "sha" }, h("code", {}, info.weightsSha256 ?? "")),
              ),
            ),
          ),
        ),
      ),
    );
  };
  app.on("models", show);
  show();
  return h(
    "div",
    {},
    h("h2", { tabindex: -1 }, t.modelsTitle),
    prose(t.modelsIntro),
    h("p", {}, upload),
    note,
    list,
  );
}

/** A file's name as a variable can be called. */
export function variableName(name: string): string {
  const made = name.replace(/[^\p{ID_Continue}$]+/gu, "_");
  return /^[\p{ID_Start}$_]/u.test(made) ? made : `_${made}`;
}
