import type { Progress, TrainingOutput } from "../../engine/outputs.js";
import { text } from "../../text/index.js";
import { filters } from "../../widgets/filters.js";
import { liveCurves } from "../../widgets/liveCurves.js";
import { progress as progressBar } from "../../widgets/progress.js";
import { h } from "../dom.js";
import type { OutputHost, View } from "./outputList.js";

const t = text.shell;

/** A model while it learns: progress, curves that grow, its first weights; afterwards what came out. */
export function trainingView(holder: HTMLElement, first: TrainingOutput, host: OutputHost): View {
  let output = first;
  let { history } = output;
  const { model } = first;
  const bar = h("div");
  const figures = h("div");
  const summary = h("div", { class: "training-summary" });
  holder.append(bar, figures, summary);

  const rest = (): Parameters<typeof progressBar>[1] => ({
    model,
    phase: "fit",
    epoch: Math.max(0, output.epochsDone - 1),
    epochs: output.epochs,
    step: 0,
    steps: 0,
    microsecondsPerStep: output.microsecondsPerStep,
    secondsLeft: 0,
    threads: output.threads,
    logs: lastOf(output.history),
    state: output.stopped ? "stopped" : "finished",
    onResume: host.resume && (() => host.resume?.(model)),
  });
  const barWidget = progressBar(bar, { ...rest(), state: output.running ? "running" : rest().state });
  const curves = liveCurves(figures, { model, epochs: output.epochs, history });
  const weights = filters(figures, { model, kernel: output.kernel });

  const showFacts = () => {
    summary.replaceChildren();
    if (output.running) return;
    summary.append(
      h("p", {}, [t.epochsDone(output.epochsDone, output.epochs), t.took(output.seconds)].join(" · ")),
    );
    if (output.weightsSha256)
      summary.append(
        h(
          "p",
          { class: "sha", title: t.sameAsCommand },
          `${t.weightsSha256}: `,
          h("code", { "data-sha256": output.weightsSha256, "data-model": model }, output.weightsSha256),
        ),
      );
  };
  showFacts();
  return {
    update(next: TrainingOutput) {
      output = next;
      ({ history } = next);
      if (!next.running) barWidget.update(rest());
      curves.update({ model, epochs: next.epochs, history });
      weights.update({ model, kernel: next.kernel });
      showFacts();
    },
    progress(now: Progress) {
      if (now.finished) return;
      if (now.history) ({ history } = now);
      barWidget.update({ ...now, state: "running", onStop: host.stop });
      curves.update({
        model,
        epochs: now.epochs,
        history,
        now:
          now.phase === "fit" && now.steps > 0
            ? { epoch: now.epoch + now.step / now.steps, logs: now.logs }
            : undefined,
      });
      if (now.kernel) weights.update({ model, kernel: now.kernel });
    },
  };
}

const lastOf = (history: TrainingOutput["history"]) =>
  Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values[values.length - 1]]));
