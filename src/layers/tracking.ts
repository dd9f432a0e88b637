import { isDictionary } from "../ops/structure.js";

/**
 * What a layer owns: objects of a class among its properties, in the order in which they were assigned, also inside of
 * arrays and dictionaries.
 */
export function ownedBy<T>(owner: object, isKind: (value: unknown) => value is T): T[] {
  const found = new Set<T>();
  const visit = (value: unknown): void => {
    if (isKind(value)) found.add(value);
    // rows of numbers and the like are data
    else if (Array.isArray(value)) {
      if (typeof value[0] !== "number") value.forEach(visit);
    } else if (isDictionary(value)) Object.values(value).forEach(visit);
  };
  Object.values(owner).forEach(visit);
  return [...found];
}
