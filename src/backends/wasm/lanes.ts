import type { Access, Expression } from "../../compiler/kernel.js";
import { numberMath } from "../../primitives/math/numberMath.js";
import type { ScalarMath } from "../../trace/scalar.js";
import type { OpName } from "./assembler/index.js";

/**
 * When a node can be computed: once for the whole kernel, once for each run of the innermost loop, or in that loop.
 */
export type Level = 0 | 1 | 2;

/** What a node is, apart from its operands. */
export type LaneOp =
  | { readonly kind: "op"; readonly name: OpName }
  | { readonly kind: "shift"; readonly name: OpName; readonly bits: number }
  /** One lane at a time, for what SIMD lacks. */
  | {
      readonly kind: "scalar";
      readonly name: "idiv" | "irem" | "udiv" | "urem" | "shlBy" | "shrUBy" | "shrSBy";
    }
  | { readonly kind: "shuffle"; readonly lanes: readonly number[] }
  | { readonly kind: "constant"; readonly type: "f32" | "i32" | "f64"; readonly value: number }
  | { readonly kind: "load"; readonly access: Access }
  | {
      readonly kind: "index";
      readonly offset: number;
      readonly strides: readonly number[];
      readonly float: boolean;
    }
  /** The kernel's sum or product. */
  | { readonly kind: "result" };

/** Four lanes as a node of a graph of vector instructions. */
export interface LaneNode {
  readonly op: LaneOp;
  readonly operands: readonly LaneNode[];
  readonly level: Level;
  /** How many nodes and stores use it. */
  uses: number;
}

/** Four float64 lanes: two vectors. */
export interface WideNode {
  readonly low: LaneNode;
  readonly high: LaneNode;
}

const opNames = {
  add: "f32x4.add",
  sub: "f32x4.sub",
  mul: "f32x4.mul",
  div: "f32x4.div",
  neg: "f32x4.neg",
  abs: "f32x4.abs",
  sqrt: "f32x4.sqrt",
  floor: "f32x4.floor",
  ceil: "f32x4.ceil",
  trunc: "f32x4.trunc",
  nearest: "f32x4.nearest",
  pmin: "f32x4.pmin",
  pmax: "f32x4.pmax",
  eq: "f32x4.eq",
  ne: "f32x4.ne",
  lt: "f32x4.lt",
  le: "f32x4.le",
  iadd: "i32x4.add",
  isub: "i32x4.sub",
  imul: "i32x4.mul",
  imin: "i32x4.min_s",
  imax: "i32x4.max_s",
  umin: "i32x4.min_u",
  umax: "i32x4.max_u",
  ieq: "i32x4.eq",
  ine: "i32x4.ne",
  ilt: "i32x4.lt_s",
  ile: "i32x4.le_s",
  ult: "i32x4.lt_u",
  ule: "i32x4.le_u",
  and: "v128.and",
  or: "v128.or",
  xor: "v128.xor",
  not: "v128.not",
  intToFloat: "f32x4.convert_i32x4_s",
  uintToFloat: "f32x4.convert_i32x4_u",
  floatToInt: "i32x4.trunc_sat_f32x4_s",
  floatToUint: "i32x4.trunc_sat_f32x4_u",
} as const satisfies Partial<Record<keyof ScalarMath<LaneNode, WideNode>, OpName>>;

type Simple = keyof typeof opNames;
type Fold = (...operands: readonly number[]) => number;

/** Methods whose result is a float32; those of the others are integers or masks. */
const floatResults = new Set<string>([
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "abs",
  "sqrt",
  "floor",
  "ceil",
  "trunc",
  "nearest",
  "pmin",
  "pmax",
  "intToFloat",
  "uintToFloat",
]);

type SimpleMath = Pick<ScalarMath<LaneNode, WideNode>, Simple>;

/** The instruction graph of one kernel, made by running scalar definitions on it. Equal nodes are one. */
export class LaneGraph {
  readonly #nodes = new Map<string, LaneNode>();
  readonly #ids = new Map<LaneNode, number>();
  readonly #expressions = new Map<Expression, LaneNode>();
  readonly math: ScalarMath<LaneNode, WideNode>;

  /** @param levelOf when an access can be read, from its strides */
  constructor(readonly levelOf: (strides: readonly number[]) => Level) {
    this.math = this.#createMath();
  }

  /** The nodes that compute an expression. */
  build(expression: Expression): LaneNode {
    let node = this.#expressions.get(expression);
    if (!node) {
      node = this.#build(expression);
      this.#expressions.set(expression, node);
    }
    return node;
  }

  #build(expression: Expression): LaneNode {
    const { math } = this;
    switch (expression.kind) {
      case "constant": {
        const { dtype, value } = expression;
        if (dtype === "bool") return math.i32(value ? -1 : 0);
        return dtype === "float32" ? math.f32(value) : math.i32(value);
      }
      case "load":
        return this.node({ kind: "load", access: expression.access }, []);
      case "index":
        return this.node(
          {
            kind: "index",
            offset: expression.offset,
            strides: expression.strides,
            float: expression.dtype === "float32",
          },
          [],
        );
      case "result":
        return this.node({ kind: "result" }, []);
      case "apply": {
        const { primitive, params, operands, dtype } = expression;
        if (!primitive.elementwise) throw new Error(`${primitive.name} is not elementwise.`);
        const context = { params, inputs: operands.map((operand) => operand.dtype), output: dtype };
        return primitive.elementwise.scalar(
          math,
          operands.map((operand) => this.build(operand)),
          context,
        );
      }
    }
  }

  node(op: LaneOp, operands: readonly LaneNode[]): LaneNode {
    const key = `${JSON.stringify(op, keyReplacer)} ${constantBits(op)} ${operands.map((operand) => this.#ids.get(operand)).join(" ")}`;
    let node = this.#nodes.get(key);
    if (!node) {
      node = { op, operands, level: this.#level(op, operands), uses: 0 };
      for (const operand of operands) operand.uses++;
      this.#nodes.set(key, node);
      this.#ids.set(node, this.#ids.size);
    }
    return node;
  }

  #level(op: LaneOp, operands: readonly LaneNode[]): Level {
    switch (op.kind) {
      case "constant":
        return 0;
      case "load":
        return this.levelOf(op.access.strides);
      case "index":
        return this.levelOf(op.strides);
      case "result":
        return 2;
      default:
        return operands.reduce<Level>((level, operand) => (operand.level > level ? operand.level : level), 0);
    }
  }

  #createMath(): ScalarMath<LaneNode, WideNode> {
    const constant = (type: "f32" | "i32" | "f64", value: number) =>
      this.node({ kind: "constant", type, value }, []);
    const op = (name: OpName, ...operands: LaneNode[]) => this.node({ kind: "op", name }, operands);
    const shift = (name: OpName) => (x: LaneNode, bits: number) =>
      this.node({ kind: "shift", name, bits }, [x]);
    const scalar = (name: Extract<LaneOp, { kind: "scalar" }>["name"]) => (x: LaneNode, y: LaneNode) =>
      this.node({ kind: "scalar", name }, [x, y]);

    const simple = Object.fromEntries(
      Object.entries(opNames).map(([method, name]) => {
        const fold = numberMath[method as Simple] as Fold;
        const type = floatResults.has(method) ? "f32" : "i32";
        const apply = (...operands: LaneNode[]) => {
          const values = operands.map((o) => (o.op.kind === "constant" ? o.op.value : undefined));
          // what is known while compiling is computed by the reference arithmetic
          if (values.every((value) => value !== undefined)) return constant(type, fold(...values));
          return op(name, ...operands);
        };
        return [method, apply];
      }),
    ) as unknown as SimpleMath;

    /** Shifts by a lane are vector shifts when the count is known. */
    const shiftBy =
      (vector: (x: LaneNode, bits: number) => LaneNode, lanewise: (x: LaneNode, y: LaneNode) => LaneNode) =>
      (x: LaneNode, count: LaneNode) =>
        count.op.kind === "constant" ? vector(x, count.op.value & 31) : lanewise(x, count);

    const shl = shift("i32x4.shl");
    const shrU = shift("i32x4.shr_u");
    const shrS = shift("i32x4.shr_s");
    const wide =
      (name: OpName) =>
      (x: WideNode, y: WideNode): WideNode => ({
        low: op(name, x.low, y.low),
        high: op(name, x.high, y.high),
      });
    const wide1 =
      (name: OpName) =>
      (x: WideNode): WideNode => ({ low: op(name, x.low), high: op(name, x.high) });
    const upper = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
    const joined = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

    return {
      ...simple,
      f32: (value) => constant("f32", Math.fround(value)),
      i32: (value) => constant("i32", value | 0),
      idiv: scalar("idiv"),
      irem: scalar("irem"),
      udiv: scalar("udiv"),
      urem: scalar("urem"),
      shl,
      shrU,
      shrS,
      shlBy: shiftBy(shl, scalar("shlBy")),
      shrUBy: shiftBy(shrU, scalar("shrUBy")),
      shrSBy: shiftBy(shrS, scalar("shrSBy")),
      // where one of both is +0 it takes one instruction instead of three
      select: (mask, a, b) => {
        if (isZero(a)) return op("v128.andnot", b, mask);
        return isZero(b) ? op("v128.and", a, mask) : op("v128.bitselect", a, b, mask);
      },
      asInt: (a) => (a.op.kind === "constant" ? constant("i32", numberMath.asInt(a.op.value)) : a),
      asFloat: (a) => (a.op.kind === "constant" ? constant("f32", numberMath.asFloat(a.op.value)) : a),
      f64: (value) => {
        const both = constant("f64", value);
        return { low: both, high: both };
      },
      widen: (a) => ({
        low: op("f64x2.promote_low_f32x4", a),
        high: op("f64x2.promote_low_f32x4", this.node({ kind: "shuffle", lanes: upper }, [a, a])),
      }),
      narrow: (a) =>
        this.node({ kind: "shuffle", lanes: joined }, [
          op("f32x4.demote_f64x2_zero", a.low),
          op("f32x4.demote_f64x2_zero", a.high),
        ]),
      wadd: wide("f64x2.add"),
      wsub: wide("f64x2.sub"),
      wmul: wide("f64x2.mul"),
      wdiv: wide("f64x2.div"),
      wnearest: wide1("f64x2.nearest"),
      wfloor: wide1("f64x2.floor"),
    };
  }
}

const isZero = ({ op }: LaneNode) => op.kind === "constant" && Object.is(op.value, 0);

/** Constants are told apart by their bits: JSON has neither −0 nor NaN. */
function constantBits(op: LaneOp): string {
  if (op.kind !== "constant") return "";
  return op.type === "i32" ? "" : new BigUint64Array(new Float64Array([op.value]).buffer)[0].toString(16);
}

const bufferIds = new WeakMap<object, number>();
let nextId = 0;

/** Buffers are objects: they are named by identity. */
function keyReplacer(key: string, value: unknown): unknown {
  if (key !== "buffer") return value;
  const buffer = value as object;
  let id = bufferIds.get(buffer);
  if (id === undefined) {
    id = nextId++;
    bufferIds.set(buffer, id);
  }
  return id;
}
