import { didYouMean } from "../../utils/suggest.js";

/** Names of options; as a record, so that the compiler says when one is missing. */
export type OptionNames<T> = Record<keyof T, true>;

/**
 * @param known all options that there are
 * @throws if there is one of another name; the message suggests the nearest
 */
export function checkOptions(where: string, options: object, known: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new Error(`${where}: There is no option \`${name}\`.${didYouMean(name, Object.keys(known))}`);
  }
}
