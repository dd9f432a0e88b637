/** One value, or several in arrays and dictionaries nested to any depth. */
export type Structure<T> = T | readonly Structure<T>[] | { readonly [key: string]: Structure<T> };

/** Whether a value is a dictionary: an object that no class made. */
export function isDictionary(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A dictionary's keys in the order in which Keras goes over them. */
export function sortedKeys(dictionary: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(dictionary).sort((a, b) => (a < b ? -1 : 1));
}

type IsLeaf = (value: unknown) => boolean;
const none: IsLeaf = () => false;

/**
 * The same structure with `fn` of each leaf in its place.
 * @param isLeaf tells arrays that are leaves (shapes) from arrays of leaves; default: none are
 */
export function mapStructure<T, U>(
  structure: Structure<T>,
  fn: (leaf: T) => U,
  isLeaf: IsLeaf = none,
): Structure<U> {
  if (!isLeaf(structure)) {
    if (Array.isArray(structure)) return structure.map((part) => mapStructure<T, U>(part, fn, isLeaf));
    if (isDictionary(structure)) {
      // in the order of `leaves`, so that stateful functions meet them likewise
      const mapped = new Map<string, Structure<U>>();
      for (const key of sortedKeys(structure))
        mapped.set(key, mapStructure<T, U>(structure[key] as Structure<T>, fn, isLeaf));
      return Object.fromEntries(Object.keys(structure).map((key) => [key, mapped.get(key) as Structure<U>]));
    }
  }
  return fn(structure as T);
}

/** The leaves: of arrays in order, of dictionaries in the alphabetical order of their keys, as Keras flattens them. */
export function leaves<T>(structure: Structure<T>, isLeaf: IsLeaf = none): T[] {
  const found: T[] = [];
  mapStructure<T, void>(structure, (leaf) => void found.push(leaf), isLeaf);
  return found;
}

/** The structure with other leaves, given in the order of `leaves`. */
export function packAs<T, U>(
  structure: Structure<T>,
  values: readonly U[],
  isLeaf: IsLeaf = none,
): Structure<U> {
  let next = 0;
  return mapStructure<T, U>(structure, () => values[next++], isLeaf);
}

/** Whether two structures differ in nothing but their leaves. */
export function sameStructure(a: Structure<unknown>, b: Structure<unknown>): boolean {
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((part, i) => sameStructure(part, b[i]));
  if (!isDictionary(a)) return !Array.isArray(b) && !isDictionary(b);
  if (!isDictionary(b)) return false;
  const keys = sortedKeys(a);
  return (
    keys.join("\n") === sortedKeys(b).join("\n") &&
    keys.every((key) => sameStructure(a[key] as Structure<unknown>, b[key] as Structure<unknown>))
  );
}
