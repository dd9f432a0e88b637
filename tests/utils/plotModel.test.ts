import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Input, type KerasTensor, layers, Model, ops, Sequential, type Tensor, utils } from "keratin";
import { describe, expect, it } from "vitest";
import { type Box, diagramOf } from "../../src/models/plot/diagram.js";
import { formatShape } from "../../src/tensor/shape.js";
import { golden } from "../parity/golden.js";

interface Case {
  readonly model: keyof typeof models;
  readonly show: boolean;
  readonly names: boolean;
  readonly expand: boolean;
  readonly boxes: readonly {
    readonly rows: readonly (readonly string[])[];
    readonly cluster: string | null;
  }[];
  readonly clusters: readonly string[];
  readonly edges: readonly (readonly [number, number])[];
}

const models = {
  sequential(): Model {
    const first = new layers.Dense(4, { activation: "relu" });
    const model = new Sequential([Input([8]), first, new layers.Dropout(0.5), new layers.Dense(2)]);
    first.trainable = false;
    return model;
  },
  branches(): Model {
    const [a, b] = [Input([4], { name: "a" }), Input([4], { name: "b" })];
    const shared = new layers.Dense(3, { activation: "tanh", name: "shared" });
    const joined = new layers.Concatenate({ name: "joined" }).apply([shared.apply(a), shared.apply(b)]);
    const one = new layers.Dense(1, { name: "one" }).apply(ops.add(joined, 1));
    const two = new layers.Dense(2, { name: "two", activation: "softmax" }).apply(joined);
    return new Model({ inputs: [a, b], outputs: [one, two] }) as unknown as Model;
  },
  nested(): Model {
    const i = Input([4], { name: "inner_input" });
    const h = new layers.Dense(5, { name: "inner_dense" }).apply(i);
    const relu = new layers.Activation("relu", { name: "inner_relu" }).apply(h);
    const inner = new Model({ inputs: i, outputs: [h, relu], name: "inner" });
    const stack = new Sequential(
      [Input([5]), new layers.Dense(3, { name: "s1" }), new layers.Dense(2, { name: "s2" })],
      { name: "stack" },
    );
    const x = Input([4], { name: "x" });
    const [p, q] = inner.apply(x) as unknown as [KerasTensor, KerasTensor];
    const sum = new layers.Add({ name: "sum" }).apply([
      stack.apply(p) as KerasTensor,
      stack.apply(q) as KerasTensor,
    ]);
    return new Model({ inputs: x, outputs: sum }) as unknown as Model;
  },
};

function rowsOf(box: Box): string[][] {
  const text = (words: readonly { readonly text: string }[]) => words.map((w) => w.text).join("");
  return [
    [text(box.title)],
    ...(box.activation ? [[text(box.activation)]] : []),
    ...(box.cells.length > 0 ? [box.cells.map(({ words }) => text(words))] : []),
  ];
}

const sorted = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).sort();

describe("plotModel", () => {
  for (const { model, show, names, expand, ...expected } of golden<readonly Case[]>("plots")) {
    it(`has Keras's boxes and arrows: ${JSON.stringify({ model, show, expand })}`, () => {
      utils.clearSession();
      const options = {
        showShapes: show,
        showDtype: show,
        showLayerNames: names,
        showLayerActivations: show,
        showTrainable: show,
      };
      const diagram = diagramOf(models[model](), options, expand, formatShape);
      const clusterName = (id: string | undefined) =>
        diagram.clusters.find((cluster) => cluster.id === id)?.label ?? null;
      const boxes = diagram.boxes.map((box) => ({ rows: rowsOf(box), cluster: clusterName(box.cluster) }));
      expect(sorted(boxes)).toEqual(sorted(expected.boxes));
      expect(diagram.clusters.map(({ label }) => label)).toEqual(expected.clusters);
      const described = diagram.edges.map((ends) =>
        ends.map((id) => boxes[diagram.boxes.findIndex((box) => box.id === id)].rows),
      );
      expect(sorted(described)).toEqual(
        sorted(expected.edges.map((ends) => ends.map((i) => expected.boxes[i].rows))),
      );
    });
  }

  const everything = {
    showShapes: true,
    showDtype: true,
    showLayerNames: true,
    showLayerActivations: true,
    showTrainable: true,
    expandNested: true,
  };

  it("draws all boxes inside the picture, apart from one another, and every arrow", async () => {
    for (const rankdir of ["TB", "BT", "LR", "RL"] as const) {
      for (const [name, build] of Object.entries(models)) {
        utils.clearSession();
        const svg = await utils.plotModel(build(), { ...everything, rankdir });
        const [, width, height] = (/viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []).map(Number);
        const groups = [...svg.matchAll(/<g>(.*?)<\/g>/g)].map(([, group]) =>
          [...group.matchAll(/<rect x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)"/g)].map((match) =>
            match.slice(1).map(Number),
          ),
        );
        const areas = groups.map((rectangles) => ({
          left: Math.min(...rectangles.map(([x]) => x)),
          top: Math.min(...rectangles.map(([, y]) => y)),
          right: Math.max(...rectangles.map(([x, , w]) => x + w)),
          bottom: Math.max(...rectangles.map(([, y, , h]) => y + h)),
        }));
        for (const [i, a] of areas.entries()) {
          expect(a.left).toBeGreaterThanOrEqual(0);
          expect(a.top).toBeGreaterThanOrEqual(0);
          expect(a.right).toBeLessThanOrEqual(width);
          expect(a.bottom).toBeLessThanOrEqual(height);
          for (const b of areas.slice(i + 1))
            expect(
              a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top,
              `${name} ${rankdir}`,
            ).toBe(true);
        }
        utils.clearSession();
        const { edges } = diagramOf(build(), everything, true, formatShape);
        expect(svg.match(/marker-end/g)).toHaveLength(edges.length);
      }
    }
  });

  it("bends arrows as asked, and writes names that would break XML safely", async () => {
    const model = new Sequential([Input([2]), new layers.Dense(1, { name: `a<b&"c"` })], { name: "<m>" });
    const svg = await utils.plotModel(model, { showLayerNames: true });
    expect(svg).toContain("a&lt;b&amp;&quot;c&quot;");
    expect(svg).toContain("<title>Layers of model &lt;m&gt;</title>");
    const paths = async (splines: "ortho" | "curved" | "polyline") =>
      [
        ...(await utils.plotModel(models.branches(), { splines })).matchAll(
          /<path d="(M[^"]*)" fill="none"/g,
        ),
      ].map(([, d]) => d.replace(/[^A-Z]/g, ""));
    expect((await paths("curved")).every((d) => /^M(C)+$/.test(d))).toBe(true);
    expect((await paths("ortho")).every((d) => /^M(LLL)+$/.test(d))).toBe(true);
    expect((await paths("polyline")).every((d) => /^ML+$/.test(d))).toBe(true);
  });

  it("shows a model with a call of its own as one box", async () => {
    class Own extends Model {
      dense = new layers.Dense(2);
      override call(x: Tensor): Tensor {
        return this.dense.apply(x) as Tensor;
      }
    }
    const model = new Own();
    await expect(utils.plotModel(model)).rejects.toThrow("This model has not yet been built");
    model.build([null, 3]);
    expect((await utils.plotModel(model)).match(/<g>/g)).toHaveLength(1);
  });

  it("writes a file, and refuses what it cannot do", async () => {
    const folder = mkdtempSync(join(tmpdir(), "keratin-plot-"));
    const toFile = join(folder, "model.svg");
    const svg = await utils.plotModel(models.sequential(), { toFile });
    expect(readFileSync(toFile, "utf8")).toBe(svg);
    rmSync(folder, { recursive: true });
    await expect(utils.plotModel(models.sequential(), { toFile: "model.png" })).rejects.toThrow(
      'end in ".svg"',
    );
    await expect(utils.plotModel(models.sequential(), { rankdir: "UP" as "TB" })).rejects.toThrow(
      'one of "TB", "BT", "LR", "RL". Received: rankdir=UP',
    );
  });
});
