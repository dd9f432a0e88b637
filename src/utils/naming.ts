/** How many automatic names of each kind were given in this process (SPEC: counters run across models). */
const counters = new Map<string, number>();

/**
 * Keras's snake case of a class name: `Conv2D` → `conv2d`, `MaxPooling2D` → `max_pooling2d`, `ReLU` → `re_lu`.
 */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** The next automatic name: `dense`, `dense_1`, … */
export function uniqueName(prefix: string): string {
  const count = counters.get(prefix) ?? 0;
  counters.set(prefix, count + 1);
  return count === 0 ? prefix : `${prefix}_${count}`;
}

/** Starts numbering again. */
export function resetNames(): void {
  counters.clear();
}
