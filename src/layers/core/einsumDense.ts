import * as activations from "../../activations/index.js";
import { VarianceScaling } from "../../initializers/random.js";
import { einsum } from "../../ops/einsum.js";
import { add } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import * as regularizers from "../../regularizers/index.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { expectRank } from "../arguments.js";
import { Layer, type LayerShape } from "../layer.js";
import { type KernelOptions, KernelSettings } from "./dense.js";

export interface EinsumDenseOptions extends Omit<KernelOptions, "useBias"> {
  /** The letters of the result along which there is a bias. Default: none. */
  readonly biasAxes?: string | null;
}

/** What an equation says of the shapes. */
interface Analysis {
  readonly kernel: readonly number[];
  readonly bias: readonly number[] | null;
  readonly output: PartialShape;
  readonly inputAxes: readonly number[];
  readonly outputAxes: readonly number[];
}

/**
 * A dense layer of any number of axes: `activation(einsum(equation, x, kernel) + bias)`.
 *
 * ```ts
 * new layers.EinsumDense("abc,cde->abde", [null, 4, 16], { biasAxes: "de" }); // 4 heads of 16
 * ```
 *
 * @see https://keras.io/api/layers/core_layers/einsum_dense/
 */
export class EinsumDense extends Layer {
  static override readonly className = "EinsumDense";
  static override readonly constructorArguments = ["equation", "output_shape"];
  readonly equation: string;
  /** The shape of the result without the batch; null: as in the input. */
  readonly partialOutputShape: PartialShape;
  readonly biasAxes: string | null;
  readonly settings: KernelSettings;
  kernel!: Variable;
  bias: Variable | null = null;

  /** @throws if the equation is none of `X,Y->Z`, `...X,Y->...Z`, `X...,Y->Z...` */
  constructor(equation: string, outputShape: number | PartialShape, options: EinsumDenseOptions = {}) {
    super(options);
    this.equation = equation;
    this.partialOutputShape = typeof outputShape === "number" ? [outputShape] : [...outputShape];
    this.biasAxes = options.biasAxes ?? null;
    this.settings = new KernelSettings(options);
    this.#terms();
  }

  /** The letters of input, kernel and result, and where `...` stands. */
  #terms() {
    const form =
      /^(?<left>\.\.\.)?(?<x>[a-zA-Z]+)(?<right>\.\.\.)?,(?<w>[a-zA-Z]+)->(?<left2>\.\.\.)?(?<y>[a-zA-Z]+)(?<right2>\.\.\.)?$/;
    const found = form.exec(this.equation.replaceAll(" ", ""))?.groups;
    if (!found || found.left !== found.left2 || found.right !== found.right2 || (found.left && found.right)) {
      throw new Error(
        `Invalid einsum equation '${this.equation}' in layer '${this.name}'. Equations must be in the form [X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]....`,
      );
    }
    const { x, w, y } = found;
    return { x: [...x], w: [...w], y: [...y], left: found.left !== undefined };
  }

  #analyze(inputShape: PartialShape): Analysis {
    const { x, w, y, left } = this.#terms();
    const elided = inputShape.length - x.length;
    const rest = left ? inputShape.slice(1, elided) : inputShape.slice(inputShape.length - elided);
    const given = this.partialOutputShape;
    const output = left
      ? [inputShape[0], ...(elided > 0 ? rest : []), ...given]
      : [inputShape[0], ...given, ...(elided > 0 ? rest : [])];
    const shift = left ? elided : 0;
    const inputOf = (letter: string) => inputShape[x.indexOf(letter) + shift];
    const full = output.map((extent, axis) => {
      const letter = y[axis - shift];
      return extent === null && letter !== undefined && x.includes(letter) ? inputOf(letter) : extent;
    });
    for (const letter of x.filter((name) => y.includes(name))) {
      const [m, n] = [inputOf(letter), full[y.indexOf(letter) + shift]];
      if (m !== null && n !== null && m !== n) {
        throw new Error(
          `Input shape and output shape of layer '${this.name}' do not match at shared dimension '${letter}'. Input shape is ${m}, and output shape is ${n}.`,
        );
      }
    }
    const kernel = w.map((letter) => {
      const extent = y.includes(letter) ? full[y.indexOf(letter) + shift] : inputOf(letter);
      if (extent !== null && extent !== undefined) return extent;
      throw new Error(
        `Weight dimension '${letter}' of layer '${this.name}' is unknown. For this layer, the weight must be fully specified. Received: equation='${this.equation}', shape=${formatShape(inputShape)}`,
      );
    });
    const axesOf = (kept: boolean) =>
      w.flatMap((letter, axis) => (y.includes(letter) === kept ? [axis] : []));
    return {
      kernel,
      bias: this.#biasShape(y, full, shift, left ? 0 : Math.max(elided, 0)),
      output: full,
      inputAxes: axesOf(false),
      outputAxes: axesOf(true),
    };
  }

  #biasShape(y: readonly string[], output: PartialShape, shift: number, trailing: number): number[] | null {
    if (this.biasAxes === null) return null;
    const letters = [...this.biasAxes];
    const first = Math.min(...letters.map((letter) => y.indexOf(letter)));
    if (!(first >= 0)) {
      throw new Error(
        `A bias dimension of '${this.biasAxes}' was requested in layer '${this.name}', but is not part of the output spec '${y.join("")}'`,
      );
    }
    const shape = y
      .slice(first)
      .map((letter, i) => (letters.includes(letter) ? output[first + i + shift] : 1));
    return [...(shape as number[]), ...Array.from({ length: trailing }, () => 1)];
  }

  override build(inputShape: LayerShape): void {
    const { kernel, bias, inputAxes, outputAxes } = this.#analyze(inputShape as PartialShape);
    const rule = this.settings.kernel(kernel);
    const { initializer } = this.settings.kernelRule;
    const fitted =
      initializer instanceof VarianceScaling && !(initializer.inputAxes && initializer.outputAxes)
        ? initializer.withAxes({ inputAxes, outputAxes })
        : initializer;
    this.kernel = this.addWeight({ ...rule, initializer: fitted });
    if (bias) this.bias = this.addWeight(this.settings.bias(bias));
  }

  override checkInput(inputShape: LayerShape): void {
    if (this.inputShape)
      expectRank(inputShape as PartialShape, (this.inputShape as PartialShape).length, this.name);
  }

  override call(x: Tensor): Tensor {
    const y = einsum(this.equation, x, this.kernel);
    return this.settings.activation(this.bias ? add(y, this.bias) : y);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    return this.#analyze(inputShape as PartialShape).output;
  }

  override getConfig(): Config {
    const { kernelRule, biasRule, activation } = this.settings;
    return {
      ...super.getConfig(),
      output_shape: this.partialOutputShape,
      equation: this.equation,
      activation: activations.serialize(activation),
      bias_axes: this.biasAxes,
      ...kernelRule.getConfig(),
      ...biasRule.getConfig(),
      activity_regularizer: regularizers.serialize(this.activityRegularizer),
      quantization_config: null,
    };
  }
}
