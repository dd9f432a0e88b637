import type { Value } from "../trace/graph.js";
import { bind, defineElementwise } from "./define.js";
import { add, broadcasted, div, mul, neg, type Operand } from "./elementwise.js";
import * as lane from "./math/index.js";

const atan2Primitive = /* @__PURE__ */ defineElementwise("atan2", {
  arity: 2,
  lanes: { float32: lane.atan2 },
  vjp: ({ cotangent, inputs: [y, x] }) => {
    const share = div(cotangent, add(mul(x, x), mul(y, y)));
    return [mul(share, x), neg(mul(share, y))];
  },
});
/** The angle of the point (x, y) from the first axis on, in (−π, π]; the signs of zeros count. */
export const atan2 = (y: Operand, x: Operand): Value => bind(atan2Primitive, {}, ...broadcasted(y, x));
