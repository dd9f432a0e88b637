/** A place to try things: edit this file, then `npm run play`. */
import { ops, type Tensor, tensor, valueAndGrad } from "keratin";

const x = tensor([
  [1, 2],
  [3, 4],
]);
console.log(ops.matmul(x, x).toArray());

const [value, gradient] = valueAndGrad((w: Tensor) => ops.sum(ops.multiply(w, w)))(x);
console.log(value.item(), gradient.toArray());
