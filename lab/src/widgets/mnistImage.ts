/** The side of an MNIST image, and of the box in it that the digit fills. */
const SIDE = 28;
const BOX = 20;

/**
 * A drawing made into an image as those of MNIST were: black and white, scaled to fit into a box of 20 × 20 with its proportions
 * kept (which gives the greys at its edges), and put into 28 × 28 so that its centre of mass is in the middle.
 *
 * @param dots `side × side`, 0 for paper and 1 for ink
 * @returns 784 values from 0 to 1; all 0 if nothing is drawn
 * @see http://yann.lecun.com/exdb/mnist/
 */
export function mnistImage(dots: ArrayLike<number>, side: number): Float32Array {
  const image = new Float32Array(SIDE * SIDE);
  const bounds = boundsOf(dots, side);
  if (!bounds) return image;
  const { left, top, width, height } = bounds;
  const scale = Math.max(width, height) / BOX;
  const columns = Math.min(BOX, Math.max(1, Math.round(width / scale)));
  const rows = Math.min(BOX, Math.max(1, Math.round(height / scale)));
  const box = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      box[row * columns + column] = coverage(
        dots,
        side,
        left + (column * width) / columns,
        top + (row * height) / rows,
        width / columns,
        height / rows,
      );
    }
  }
  const [x, y] = centreOfMass(box, rows, columns);
  // By whole pixels: the greys stay what they are. In all of MNIST the centre of mass lies in the pixel right of and below the middle.
  const right = SIDE / 2 - Math.floor(x);
  const down = SIDE / 2 - Math.floor(y);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [i, j] = [row + down, column + right];
      if (i >= 0 && i < SIDE && j >= 0 && j < SIDE) image[i * SIDE + j] = box[row * columns + column];
    }
  }
  return image;
}

/** The smallest rectangle with all ink in it. */
function boundsOf(dots: ArrayLike<number>, side: number) {
  let [left, top, right, bottom] = [side, side, -1, -1];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!dots[y * side + x]) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** The share of a rectangle that is ink; dots at its edges count by what lies inside. */
function coverage(
  dots: ArrayLike<number>,
  side: number,
  left: number,
  top: number,
  width: number,
  height: number,
): number {
  let ink = 0;
  const inside = (from: number, start: number, length: number) =>
    Math.max(0, Math.min(from + 1, start + length) - Math.max(from, start));
  for (let y = Math.floor(top); y < Math.min(side, top + height); y++) {
    for (let x = Math.floor(left); x < Math.min(side, left + width); x++)
      if (dots[y * side + x]) ink += inside(x, left, width) * inside(y, top, height);
  }
  return ink / (width * height);
}

function centreOfMass(values: ArrayLike<number>, rows: number, columns: number): readonly [number, number] {
  let [mass, x, y] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column];
      mass += value;
      x += value * (column + 0.5);
      y += value * (row + 0.5);
    }
  }
  return [x / mass, y / mass];
}
