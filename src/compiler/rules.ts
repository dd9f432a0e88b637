/** What the compiler does with poolings, loops and convolutions, beside what it does with every operation that has loops of its own. */
type Rules = Pick<typeof import("./convolutions.js"), "lowerConvolutions"> &
  Pick<typeof import("./winners.js"), "gatherWinners"> &
  Pick<typeof import("./pooling.js"), "lowerPooledProduct" | "pooledConvolution"> &
  Pick<typeof import("./winnersKernels.js"), "lowerWinners"> &
  Pick<typeof import("./loops.js"), "lowerLoop"> &
  Pick<typeof import("./unwanted.js"), "shorterLoop"> &
  Pick<typeof import("./winograd.js"), "inWinogradForm" | "lowerWinograd">;

const rules: Partial<Rules> = {};

/** Adds rules that a page has only if its programs need them (`runtime/pooling.ts`, `runtime/loops.ts`, `runtime/convolution.ts`). */
export function addRules(further: Partial<Rules>): void {
  Object.assign(rules, further);
}

/** The rule of that name, if a program has needed it. */
export function rule<Name extends keyof Rules>(name: Name): Rules[Name] | undefined {
  return rules[name];
}

/** @throws if no program has needed the rule: then nothing can need it here */
export function neededRule<Name extends keyof Rules>(name: Name): Rules[Name] {
  const found = rule(name);
  if (!found)
    throw new Error(
      `The compiler was not given its rule \`${name}\`: see runtime/pooling.ts, runtime/loops.ts and runtime/convolution.ts.`,
    );
  return found;
}
