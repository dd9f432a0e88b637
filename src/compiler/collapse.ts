import type { Expression, MapKernel, ProductKernel, Store } from "./kernel.js";

// Adjacent loops become one where every access steps through both evenly. That turns [32, 28, 28] over contiguous
// memory into one loop of 25,088, and keeps two loops where a broadcast or a transpose tells them apart.

/** Every list of strides that an expression or a store has. */
function stridesIn(stores: readonly Store[], input?: Expression): (readonly number[])[] {
  const all: (readonly number[])[] = stores.map((store) => store.access.strides);
  const seen = new Set<Expression>();
  const visit = (expression: Expression) => {
    if (seen.has(expression)) return;
    seen.add(expression);
    if (expression.kind === "load") all.push(expression.access.strides);
    else if (expression.kind === "index") all.push(expression.strides);
    else if (expression.kind === "apply") expression.operands.forEach(visit);
  };
  for (const store of stores) visit(store.expression);
  if (input) visit(input);
  return all;
}

/** Which runs of axes can be one: lists of adjacent axes. Axes of extent 1 join anything. */
function runsOf(extents: readonly number[], strides: readonly (readonly number[])[]): number[][] {
  const runs: number[][] = [];
  for (const [axis, extent] of extents.entries()) {
    if (extent === 1) continue;
    const run = runs.at(-1);
    const previous = run?.at(-1);
    const joins = previous !== undefined && strides.every((s) => s[previous] === s[axis] * extent);
    if (run && joins) run.push(axis);
    else runs.push([axis]);
  }
  return runs;
}

/** `offset + Σ index·stride` over the axes of a loop nest. */
export interface Nest {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** The same stores over other axes: `change` says how an offset and strides along the given axes read along these. */
export function overOtherAxes(stores: readonly Store[], change: (nest: Nest) => Nest): Store[] {
  const rewrite = rewriter(change);
  return stores.map((store) => ({
    access: { ...store.access, ...pick(change(store.access)) },
    expression: rewrite(store.expression),
  }));
}

/** A change of strides alone. */
export function ofStrides(change: (strides: readonly number[]) => number[]): (nest: Nest) => Nest {
  return ({ offset, strides }) => ({ offset, strides: change(strides) });
}

/** Rewrites strides for axes that were joined; each run keeps the stride of its innermost axis. */
function rewriteStores(stores: readonly Store[], runs: readonly (readonly number[])[]): Store[] {
  return overOtherAxes(
    stores,
    ofStrides((strides) => runs.map((run) => strides[run[run.length - 1]])),
  );
}

function rewriter(change: (nest: Nest) => Nest) {
  const done = new Map<Expression, Expression>();
  const rewrite = (expression: Expression): Expression => {
    const known = done.get(expression);
    if (known) return known;
    let result = expression;
    if (expression.kind === "load") {
      const { access } = expression;
      result = { ...expression, access: { ...access, ...pick(change(access)) } };
    } else if (expression.kind === "index") {
      result = { ...expression, ...pick(change(expression)) };
    } else if (expression.kind === "apply") {
      result = { ...expression, operands: expression.operands.map(rewrite) };
    }
    done.set(expression, result);
    return result;
  };
  return rewrite;
}

function pick({ offset, strides }: Nest): Nest {
  return { offset, strides };
}

function extentOf(extents: readonly number[], run: readonly number[]): number {
  return run.reduce((product, axis) => product * extents[axis], 1);
}

export function collapseMap(kernel: MapKernel): MapKernel {
  const runs = runsOf(kernel.extents, stridesIn(kernel.stores));
  return {
    kind: "map",
    extents: runs.map((run) => extentOf(kernel.extents, run)),
    stores: rewriteStores(kernel.stores, runs),
  };
}

/** Joins the rows of a product, and the axes of its sum, as far as the accesses allow. */
export function collapseProduct(kernel: ProductKernel): ProductKernel {
  const { rows, sum, stores } = kernel;
  const operandStrides = (axes: readonly { a: number; b: number }[]) => [
    axes.map((x) => x.a),
    axes.map((x) => x.b),
  ];
  const initial = kernel.initial ? [kernel.initial.strides] : [];
  const rowRuns = runsOf(
    rows.map((row) => row.extent),
    [...operandStrides(rows), ...initial, ...stridesIn(stores)],
  );
  const sumRuns = runsOf(
    sum.map((axis) => axis.extent),
    operandStrides(sum),
  );
  const join = (axes: typeof rows, runs: readonly (readonly number[])[]) =>
    runs.map((run) => ({
      ...axes[run[run.length - 1]],
      extent: extentOf(
        axes.map((x) => x.extent),
        run,
      ),
    }));
  return {
    ...kernel,
    rows: join(rows, rowRuns),
    sum: join(sum, sumRuns),
    // the columns are the stores' last axis and stay apart
    stores: rewriteStores(stores, [...rowRuns, [rows.length]]),
    ...(kernel.initial
      ? {
          initial: {
            ...kernel.initial,
            strides: [...rowRuns, [rows.length]].map(
              (run) => kernel.initial?.strides[run[run.length - 1]] ?? 0,
            ),
          },
        }
      : {}),
  };
}

/**
 * Joins the axes of an expression in three parts (kept outside, folded, kept inside); undefined if the folded axes
 * cannot become one.
 */
export function collapseFold(
  extents: readonly number[],
  input: Expression,
  folded: readonly [from: number, to: number],
): { outer: number[]; count: number; inner: number[]; input: Expression; runs: number[][] } | undefined {
  const strides = stridesIn([], input);
  const part = (from: number, to: number) =>
    runsOf(
      extents.slice(from, to),
      strides.map((s) => s.slice(from, to)),
    ).map((run) => run.map((axis) => axis + from));
  const outer = extents.map((_, axis) => [axis]).slice(0, folded[0]);
  const middle = part(folded[0], folded[1]);
  const inner = extents.map((_, axis) => [axis]).slice(folded[1]);
  if (middle.length > 1) return undefined;
  const runs = [...outer, middle[0] ?? [], ...inner];
  const rewrite = rewriter(ofStrides((s) => runs.map((run) => (run.length ? s[run[run.length - 1]] : 0))));
  const sizes = (list: readonly number[][]) => list.map((run) => extentOf(extents, run));
  return {
    outer: sizes(outer),
    count: extentOf(extents, middle[0] ?? []),
    inner: sizes(inner),
    input: rewrite(input),
    runs,
  };
}
