/** What a metric gives: a number; or several, such as F1Score's with `average: null`, in nested arrays. */
export type Figure = number | readonly Figure[];

/** The mean of several figures, which is what progress bars show. */
export function meanFigure(figure: Figure): number {
  if (typeof figure === "number") return figure;
  const all: number[] = [];
  const gather = (part: Figure): void => {
    if (typeof part === "number") all.push(part);
    else part.forEach(gather);
  };
  gather(figure);
  return Math.fround(all.reduce((sum, value) => sum + value, 0) / all.length);
}
