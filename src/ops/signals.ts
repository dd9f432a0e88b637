import * as lax from "../primitives/index.js";
import { formatShape, sameShape } from "../tensor/shape.js";
import { constant } from "../trace/current.js";
import type { Value } from "../trace/graph.js";
import { floating } from "./lift.js";
import { operation } from "./operation.js";
import { asFloat } from "./promotion.js";
import { applyAll, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/fft/: complex numbers are pairs of tensors, of their real and their imaginary parts

/** Real and imaginary parts. */
type Complex = readonly [real: Value, imaginary: Value];
/** What functions take as complex numbers. */
export type ComplexLike = readonly [real: TensorLike, imaginary: TensorLike];

/** exp(−2πi · jk / n) for `rows` j and `columns` k. */
function roots(rows: number, columns: number, n: number): Complex {
  const of = (wave: (angle: number) => number) =>
    constant(
      Float32Array.from({ length: rows * columns }, (_, i) =>
        // the product modulo n keeps the angle exact
        wave((-2 * Math.PI * ((Math.floor(i / columns) * (i % columns)) % n)) / n),
      ),
      { shape: [rows, columns], dtype: "float32" },
    );
  return [of(Math.cos), of(Math.sin)];
}
const product = ([a, b]: Complex, [c, d]: Complex, times: (x: Value, y: Value) => Value): Complex => [
  lax.sub(times(a, c), times(b, d)),
  lax.add(times(a, d), times(b, c)),
];

/** Transforms up to here are products with a matrix; longer ones that can be cut are cut. */
const DIRECT = 32;

/** The discrete Fourier transform along the last axis: Cooley and Tukey's, as long as there are factors. */
function transformed(x: Complex): Complex {
  const { shape } = x[0];
  const rest = shape.slice(0, -1);
  const n = shape[rest.length];
  const last = rest.length;
  let parts = 1;
  for (let p = 2; n > DIRECT && p <= DIRECT; p++) if (n % p === 0) parts = p;
  const along = (axis: number) => (v: Value, w: Value) =>
    lax.dotGeneral(v, w, { contracting: [[axis], [0]], batch: [[], []] });
  if (parts === 1) return product(x, roots(n, n, n), along(last));
  const length = n / parts;
  const cut = x.map((v) => lax.reshape(v, [...rest, parts, length])) as unknown as Complex;
  // over every `length`-th element: (…, place, part of the frequency), then back in front
  const order = [...rest.map((_, a) => a), last + 1, last];
  const inner = product(cut, roots(parts, parts, parts), along(last)).map((v) =>
    lax.transpose(v, order),
  ) as unknown as Complex;
  const twiddled = product(inner, roots(parts, length, n), lax.mul);
  return transformed(twiddled).map((v) => lax.reshape(lax.transpose(v, order), shape)) as unknown as Complex;
}
/** The inverse is the transform with real and imaginary parts exchanged, divided by the length. */
function inverse([re, im]: Complex): Complex {
  const n = re.shape[re.shape.length - 1];
  const [b, a] = transformed([im, re]);
  return [lax.div(a, n), lax.div(b, n)];
}
function overTwoAxes([re, im]: Complex, compute: (x: Complex) => Complex): Complex {
  const rank = re.shape.length;
  if (rank < 2)
    throw new Error(`ops.fft2: expected at least two axes. Received: shape ${formatShape(re.shape)}`);
  const order = re.shape.map((_, a) => (a < rank - 2 ? a : a === rank - 1 ? rank - 2 : rank - 1));
  const turn = (x: Complex) => x.map((v) => lax.transpose(v, order)) as unknown as Complex;
  return turn(compute(turn(compute([re, im]))));
}

/** @throws if it is no pair of tensors of one shape */
function complex(name: string, x: ComplexLike, compute: (x: Complex) => readonly Value[]): Tensor[] {
  const parts = Array.isArray(x) ? x.map((part) => toTensor(part as TensorLike)) : [];
  if (parts.length !== 2 || !sameShape(parts[0].shape, parts[1].shape) || parts[0].rank === 0) {
    throw new Error(
      `ops.${name}: expected two tensors of one shape, of real and of imaginary parts. Received: ${parts.length === 2 ? `shapes ${formatShape(parts[0].shape)} and ${formatShape(parts[1].shape)}` : JSON.stringify(x)}`,
    );
  }
  return applyAll(parts, (re, im) => compute([asFloat(re), asFloat(im)]));
}

/** The discrete Fourier transform along the last axis. @param x real and imaginary parts @throws if their shapes differ */
export const fft = /* @__PURE__ */ operation(
  "math.FFT(x)",
  (x: ComplexLike): [real: Tensor, imaginary: Tensor] => complex("fft", x, transformed) as [Tensor, Tensor],
);
/** The discrete Fourier transform along the last two axes. @param x real and imaginary parts @throws if their shapes differ */
export const fft2 = /* @__PURE__ */ operation(
  "math.FFT2(x)",
  (x: ComplexLike): [real: Tensor, imaginary: Tensor] =>
    complex("fft2", x, (v) => overTwoAxes(v, transformed)) as [Tensor, Tensor],
);
/** What `fft2` does, backwards. @param x real and imaginary parts @throws if their shapes differ */
export const ifft2 = /* @__PURE__ */ operation(
  "math.IFFT2(x)",
  (x: ComplexLike): [real: Tensor, imaginary: Tensor] =>
    complex("ifft2", x, (v) => overTwoAxes(v, inverse)) as [Tensor, Tensor],
);

/** The last axis cut off or filled with zeros. */
function resized(v: Value, length: number): Value {
  const last = v.shape.length - 1;
  const high = v.shape.map((extent, a) => (a === last ? length - extent : 0));
  return lax.pad(
    v,
    lax.full([], 0, v.dtype),
    v.shape.map(() => 0),
    high,
  );
}
const upTo = (v: Value, from: number, to: number) => {
  const last = v.shape.length - 1;
  return lax.slice(
    v,
    v.shape.map((_, a) => (a === last ? from : 0)),
    v.shape.map((extent, a) => (a === last ? to : extent)),
  );
};
function halfOf(v: Value): Complex {
  const n = v.shape[v.shape.length - 1];
  const [re, im] = transformed([v, lax.full(v.shape, 0, "float32")]);
  const bins = Math.floor(n / 2) + 1;
  return [upTo(re, 0, bins), upTo(im, 0, bins)];
}
/** Real numbers from the first half of their transform. */
function fromHalf([re, im]: Complex, n: number): Value {
  const bins = Math.floor(n / 2) + 1;
  const [a, given] = [resized(re, bins), resized(im, bins)];
  const last = a.shape.length - 1;
  const place = lax.iota(a.shape, "int32", last);
  // at frequency 0 and at the highest one of an even length there is no imaginary part
  const single = lax.or(lax.eq(place, 0), lax.eq(lax.mul(place, 2), n));
  const b = lax.select(single, 0, given);
  const rest = (v: Value) => lax.reverse(upTo(v, 1, n - bins + 1), [last]);
  const full: Complex = [lax.concatenate([a, rest(a)], last), lax.concatenate([b, lax.neg(rest(b))], last)];
  return inverse(full)[0];
}

/**
 * The transform of real numbers along the last axis: the frequencies 0 to half the length.
 * @param fftLength the length, to which the axis is cut off or filled with zeros; default: its own
 */
export const rfft = /* @__PURE__ */ operation(
  "math.RFFT(x; fft_length=null)",
  (x: TensorLike, fftLength?: number | null): [real: Tensor, imaginary: Tensor] =>
    applyAll([toTensor(x)], (v) => {
      const values = asFloat(v);
      return halfOf(resized(values, fftLength ?? values.shape[values.shape.length - 1]));
    }) as [Tensor, Tensor],
);
/**
 * What `rfft` does, backwards.
 * @param x real and imaginary parts
 * @param fftLength of the result, default: twice as many as there are frequencies behind the first one
 */
export const irfft = /* @__PURE__ */ operation(
  "math.IRFFT(x; fft_length=null)",
  (x: ComplexLike, fftLength?: number | null): Tensor =>
    complex("irfft", x, (v) => {
      const bins = v[0].shape[v[0].shape.length - 1];
      return [fromHalf(v, fftLength ?? 2 * (bins - 1))];
    })[0],
);

/** Parts of the last axis: `(…, number of parts, length)`. */
function framesOf(name: string, v: Value, length: number, stride: number): Value {
  const last = v.shape.length - 1;
  if (!Number.isInteger(stride) || stride <= 0) {
    throw new Error(
      `ops.${name}: \`sequence_stride\` must be a positive integer. Received: sequence_stride=${stride}`,
    );
  }
  const count = Math.max(0, Math.floor((v.shape[last] - length) / stride) + 1);
  const positions = Int32Array.from(
    { length: count * length },
    (_, i) => Math.floor(i / length) * stride + (i % length),
  );
  return lax.gather(v, constant(positions, { shape: [count, length], dtype: "int32" }), { axis: last });
}
/** The parts of `sequenceLength` elements along the last axis, each `sequenceStride` further on: `(…, number of parts, length)`. */
export const extractSequences = /* @__PURE__ */ operation(
  "math.ExtractSequences(x; sequence_length, sequence_stride)",
  (x: TensorLike, sequenceLength: number, sequenceStride: number): Tensor =>
    floating(x, (v) => framesOf("extractSequences", v, sequenceLength, sequenceStride)),
);

/** A named window, a list of weights, or none. */
export type Window = "hann" | "hamming" | readonly number[] | null;
/** Weights in the middle of `fftLength` places. @throws if there are not as many as a part is long */
function weightsOf(name: string, window: Window, length: number, fftLength: number): Float32Array {
  if (fftLength < length) {
    throw new Error(
      `ops.${name}: \`fft_length\` must equal or larger than \`sequence_length\`. Received: sequence_length=${length}, fft_length=${fftLength}`,
    );
  }
  if (window === null) return new Float32Array(fftLength).fill(1);
  const share: Readonly<Record<string, number>> = { hann: 0.5, hamming: 0.54 };
  if (typeof window === "string" && !(window in share)) {
    throw new Error(
      `ops.${name}: if a string is passed to \`window\`, it must be one of "hann", "hamming". Received: window=${window}`,
    );
  }
  const list =
    typeof window === "string"
      ? Array.from(
          { length },
          (_, i) => share[window] - (1 - share[window]) * Math.cos((2 * Math.PI * i) / length),
        )
      : window;
  if (list.length !== length)
    throw new Error(`ops.${name}: the window must have ${length} weights. Received: ${list.length}`);
  const weights = new Float32Array(fftLength);
  weights.set(list, Math.floor((fftLength - length) / 2));
  return weights;
}
/** The last axis with `width` elements more at both ends, as in a mirror. */
function mirrored(v: Value, width: number): Value {
  const last = v.shape.length - 1;
  const n = v.shape[last];
  const period = Math.max(2 * (n - 1), 1);
  const positions = Int32Array.from({ length: n + 2 * width }, (_, i) => {
    const at = (((i - width) % period) + period) % period;
    return at < n ? at : period - at;
  });
  return lax.gather(v, constant(positions, { shape: [positions.length], dtype: "int32" }), { axis: last });
}

/**
 * Short-time Fourier transform: `rfft` of weighted parts of the last axis, `(…, number of parts, frequencies)`.
 * @param window what parts are multiplied by, default `"hann"`
 * @param center whether the parts' middles, not their starts, lie at multiples of the stride: both ends are mirrored
 * @throws if `fftLength` is less than `sequenceLength`, or the window does not fit
 */
export const stft = /* @__PURE__ */ operation(
  'math.STFT(x; sequence_length, sequence_stride, fft_length, window="hann", center=true)',
  (
    x: TensorLike,
    sequenceLength: number,
    sequenceStride: number,
    fftLength: number,
    window: Window = "hann",
    center = true,
  ): [real: Tensor, imaginary: Tensor] => {
    const weights = weightsOf("stft", window, sequenceLength, fftLength);
    return applyAll([toTensor(x)], (given) => {
      const v = center ? mirrored(asFloat(given), Math.floor(fftLength / 2)) : asFloat(given);
      const frames = framesOf("stft", v, fftLength, sequenceStride);
      return halfOf(lax.mul(frames, constant(weights, { shape: [fftLength], dtype: "float32" })));
    }) as [Tensor, Tensor];
  },
);
/**
 * What `stft` does, backwards: parts are weighted again, added where they overlap and divided by the sum of squared weights.
 * @param x real and imaginary parts `(…, number of parts, frequencies)`
 * @param length of the result, default: all that there is
 * @throws as `stft` does
 */
export const istft = /* @__PURE__ */ operation(
  'math.ISTFT(x; sequence_length, sequence_stride, fft_length, length=null, window="hann", center=true)',
  (
    x: ComplexLike,
    sequenceLength: number,
    sequenceStride: number,
    fftLength: number,
    length: number | null = null,
    window: Window = "hann",
    center = true,
  ): Tensor => {
    const weights = weightsOf("istft", window, sequenceLength, fftLength);
    return complex("istft", x, (v) => {
      const frames = fromHalf(v, fftLength);
      const last = frames.shape.length - 2;
      const count = frames.shape[last];
      const total = fftLength + sequenceStride * (count - 1);
      const positions = Int32Array.from(
        { length: count * fftLength },
        (_, i) => Math.floor(i / fftLength) * sequenceStride + (i % fftLength),
      );
      const norm = new Float32Array(total);
      for (const [i, at] of positions.entries()) norm[at] += weights[i % fftLength] ** 2;
      const scale = window === null ? fftLength / sequenceStride : 1;
      for (const [at, value] of norm.entries()) norm[at] = scale / (value > 1e-10 ? value : 1);
      const weighted = lax.mul(frames, constant(weights, { shape: [fftLength], dtype: "float32" }));
      const sums = lax.scatterAdd(
        lax.full([...frames.shape.slice(0, last), total], 0, "float32"),
        constant(positions, { shape: [count, fftLength], dtype: "int32" }),
        weighted,
        { axis: last },
      );
      const result = lax.mul(sums, constant(norm, { shape: [total], dtype: "float32" }));
      const start = center ? Math.floor(fftLength / 2) : 0;
      const end = length !== null ? start + length : center ? total - start : total;
      return [upTo(result, start, Math.min(end, total))];
    })[0];
  },
);
