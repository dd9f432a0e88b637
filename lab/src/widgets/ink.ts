/** The side of the sheet on which one draws, in dots: about what NIST's scans of digits had. */
export const SHEET = 200;

/** A sheet of dots that are ink or paper. */
export class Ink {
  readonly dots = new Uint8Array(SHEET * SHEET);

  /** Whether nothing is drawn. */
  empty = true;

  clear(): void {
    this.dots.fill(0);
    this.empty = true;
  }

  /** A stroke with round ends; places from 0 to 1, thickness as a share of the sheet. */
  stroke(x0: number, y0: number, x1: number, y1: number, thickness: number): void {
    this.empty = false;
    const [ax, ay, bx, by] = [x0, y0, x1, y1].map((v) => v * SHEET);
    const radius = (thickness * SHEET) / 2;
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const within = (v: number) => Math.max(0, Math.min(SHEET - 1, v));
    const top = within(Math.floor(Math.min(ay, by) - radius));
    const bottom = within(Math.ceil(Math.max(ay, by) + radius));
    const left = within(Math.floor(Math.min(ax, bx) - radius));
    const right = within(Math.ceil(Math.max(ax, bx) + radius));
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
        // the nearest place of the stroke
        const t = length === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / length));
        const [ex, ey] = [px - t * dx, py - t * dy];
        if (ex * ex + ey * ey <= radius * radius) this.dots[y * SHEET + x] = 1;
      }
    }
  }
}
