/** Cells that a window with gaps covers. */
function reach(window: number, dilation: number): number {
  return (window - 1) * dilation + 1;
}

/** Zeros before and after an axis so that it comes out with size ⌈size / stride⌉: half before, the odd one after. */
export function samePadding(
  size: number,
  window: number,
  stride: number,
  dilation: number,
): [low: number, high: number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach(window, dilation) - size, 0);
  const low = Math.floor(total / 2);
  return [low, total - low];
}

/**
 * How many windows fit along an axis.
 * @param where what is computed, for the message
 * @throws if none fits
 */
export function windowOutputSize(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  [low, high]: readonly [number, number],
  where: string,
): number {
  const result = Math.floor((size + low + high - reach(window, dilation)) / stride) + 1;
  if (result > 0) return result;
  throw new Error(
    `Computed output size would be negative or zero in ${where}: a window of ${reach(window, dilation)} does not fit an axis of size ${size}. ` +
      'Use a smaller window, padding="same", or fewer pooling layers before it.',
  );
}
