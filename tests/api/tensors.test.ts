import { compile, grad, ops, type Tensor, tensor, Variable, valueAndGrad } from "keratin";
import { describe, expect, it } from "vitest";

// What programs outside of this repository rely on; written as one of them.

describe("tensor", () => {
  it("takes nested arrays, typed arrays, numbers, with a shape and a dtype", () => {
    const nested = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([nested.shape, nested.dtype]).toEqual([[2, 3], "float32"]);
    const typed = tensor(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
    expect(typed.toArray()).toEqual(nested.toArray());
    expect(tensor(new Uint8Array([7, 8])).dtype).toBe("uint8");
    expect(tensor(new Int32Array([7, 8])).dtype).toBe("int32");
    expect(tensor([3, 4], [2, 1], "int32").toArray()).toEqual([[3], [4]]);
    expect(tensor(5).shape).toEqual([]);
    expect(tensor([true, false]).dtype).toBe("bool");
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow();
    expect(() => tensor([[1, 2], [3]])).toThrow();
  });

  it("computes elementwise over more than one block of memory", () => {
    // some blocks of 262,144 and a rest, a full second operand and one that is broadcast
    const size = 600_001;
    const x = tensor(Uint8Array.from({ length: size }, (_, i) => i * 7));
    const y = tensor(Float32Array.from({ length: size }, (_, i) => i % 1000));
    const { data } = x.div(255).add(y).mul(3);
    const wrong = Array.from(data.keys()).filter((i) => {
      const quotient = Math.fround(Math.fround(x.data[i]) / 255);
      return data[i] !== Math.fround(Math.fround(quotient + y.data[i]) * 3);
    });
    expect(wrong).toEqual([]);
    expect(y.maximum(x).data.length).toBe(size);
    expect(x.maximum(y).data[599_999]).toBe(999);
  });

  it("slice(start, size): −1 takes the rest, missing axes are whole", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    expect(x.slice(1, 2).toArray()).toEqual([
      [4, 5, 6],
      [7, 8, 9],
    ]);
    expect(x.slice([0, 1], [2, 2]).toArray()).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect(x.slice([1, 0], [-1, 1]).toArray()).toEqual([[4], [7]]);
    expect(x.slice(2).toArray()).toEqual([[7, 8, 9]]);
    expect(x.slice(0, 0).shape).toEqual([0, 3]);
    expect(() => x.slice(2, 2)).toThrow();
  });

  it("Variable: path, shape, value, assign", () => {
    const v = new Variable(tensor([1, 2]));
    expect([v.shape, v.dtype, v.trainable]).toEqual([[2], "float32", true]);
    const before = v.value;
    v.assign([3, 4]);
    expect(v.value.toArray()).toEqual([3, 4]);
    expect(before.toArray()).toEqual([1, 2]);
    expect(() => v.assign([1, 2, 3])).toThrow("has shape (2,)");
    expect(new Variable(tensor(0), { name: "counter", path: "layer/counter" }).path).toBe("layer/counter");
  });
});

describe("valueAndGrad, grad", () => {
  it("has the structure of the argument: arrays, objects, nested", () => {
    const loss = ({ w, biases }: { w: Tensor; biases: readonly Tensor[] }, x: Tensor) =>
      ops.sum(w.mul(x).add(biases[0]).add(biases[1]));
    const parameters = { w: tensor([2, 3]), biases: [tensor(1), tensor([1, 1])] };
    const [value, gradients] = valueAndGrad(loss)(parameters, tensor([10, 100]));
    expect(value.item()).toBe(324);
    const { w, biases } = gradients as typeof parameters;
    expect(w.toArray()).toEqual([10, 100]);
    expect(biases.map((t) => t.toArray())).toEqual([2, [1, 1]]);
  });

  it("argnums: a position or several", () => {
    const product = (x: Tensor, y: Tensor) => x.mul(y).sum();
    const [x, y] = [tensor([1, 2]), tensor([3, 4])];
    const [, ofSecond] = valueAndGrad(product, { argnums: 1 })(x, y);
    expect(ofSecond.toArray()).toEqual([1, 2]);
    const [, [ofX, ofY]] = valueAndGrad(product, { argnums: [0, 1] })(x, y);
    expect([ofX.toArray(), ofY.toArray()]).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect(() => valueAndGrad(product, { argnums: 2 })(x, y)).toThrow("argument 2");
  });

  it("gives further results back, differentiates with respect to variables, and twice", () => {
    const v = new Variable(tensor([1, 2]));
    const [[loss, squares], gradient] = valueAndGrad((w: Variable): [Tensor, Tensor] => {
      const squared = ops.square(w);
      return [squared.sum(), squared];
    })(v);
    expect([loss.item(), squares.toArray(), gradient.toArray()]).toEqual([5, [1, 4], [2, 4]]);
    const cube = (x: Tensor) => x.mul(x).mul(x).sum();
    expect(grad(cube)(tensor(2)).item()).toBe(12);
    expect(grad((x: Tensor) => grad(cube)(x).sum())(tensor(2)).item()).toBe(12);
  });

  it("refuses what has no gradient", () => {
    expect(() => grad((x: Tensor) => x.mul(2))(tensor([1, 2]))).toThrow("float32 scalar");
    expect(() => grad((x: Tensor) => x.sum().astype("float32"))(tensor([1, 2], [2], "int32"))).toThrow(
      "float32",
    );
  });
});

describe("compile", () => {
  it("traces once for each signature", () => {
    let traces = 0;
    const double = compile((x: Tensor) => {
      traces++;
      return x.mul(2);
    });
    expect(double(tensor([1, 2])).toArray()).toEqual([2, 4]);
    expect(double(tensor([3, 4])).toArray()).toEqual([6, 8]);
    expect(traces).toBe(1);
    expect(double(tensor([1, 2, 3])).toArray()).toEqual([2, 4, 6]);
    expect(double(tensor([1, 2], [2], "int32")).dtype).toBe("int32");
    expect(traces).toBe(3);
  });

  it("reads and updates variables at each call", () => {
    const count = new Variable(tensor(0));
    const next = compile(() => {
      count.assignAdd(1);
      return count.value.mul(10);
    });
    expect([next().item(), next().item(), count.value.item()]).toEqual([10, 20, 2]);
    count.assign(7);
    expect(next().item()).toBe(80);
  });

  it("a variable among the arguments stays one", () => {
    let traces = 0;
    const move = compile((variables: readonly Variable[], by: Tensor) => {
      traces++;
      for (const v of variables) v.assignAdd(by);
      return null;
    });
    const [a, b] = [new Variable(tensor([1, 2])), new Variable(tensor([5, 6]))];
    move([a, b], tensor(10));
    move([a, b], tensor(10));
    expect([a, b].map((v) => v.value.toArray())).toEqual([
      [21, 22],
      [25, 26],
    ]);
    expect(traces).toBe(1);
    move([b], tensor(1));
    expect([a, b].map((v) => v.value.toArray())).toEqual([
      [21, 22],
      [26, 27],
    ]);
  });
});
