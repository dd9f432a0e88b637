import { expect, it } from "vitest";
import golden from "../../../shared/keras-parity/golden/optimizers.json";
import lossGolden from "../../../shared/keras-parity/golden/losses.json";
import * as optimizers from "../../src/optimizers/index.js";
import * as losses from "../../src/losses/index.js";
import { tensor } from "../../src/ops/tensor.js";
import { Variable } from "../../src/ops/variable.js";
import { camelCaseKeys } from "../../src/utils/serialization.js";
const close = (a: ArrayLike<number>, b: number[], tol = 1e-5) => { for (let i = 0; i < b.length; i++) expect(Math.abs(a[i] - b[i])).toBeLessThanOrEqual(tol * Math.max(1, Math.abs(b[i]))); };
for (const c of golden.cases) it(c.case, () => {
  const w = new Variable(tensor(c.start.data), { name: "w", path: "w" });
  const o = optimizers.deserialize({ class_name: c.class, config: c.args } as never);
  for (const s of c.steps) { o.apply([tensor(s.gradient)], [w]); close(w.value.data, s.value, 2e-6); }
  expect(o.variables.map((v) => v.path.replace(/_\d+\//, "/"))).toEqual(c.variables_after.map((v) => v.path));
});
for (const c of lossGolden.losses) it(c.case, () => {
  const l = losses.deserialize({ class_name: c.class, config: c.args } as never);
  const yt = tensor(c.y_true.data, c.y_true.shape, c.y_true.dtype as never), yp = tensor(c.y_pred.data, c.y_pred.shape);
  expect(Math.abs(l.apply(yt, yp).item() - c.value)).toBeLessThan(2e-6 * Math.max(1, Math.abs(c.value)));
  expect(Math.abs(l.apply(yt, yp, { sampleWeight: tensor(c.sample_weight.data) }).item() - c.weighted_value)).toBeLessThan(2e-6 * Math.max(1, c.weighted_value));
});
