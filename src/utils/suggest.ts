/** Help for misspelt names in error messages. */

/** Up to this many names are listed in full when none is near. */
const LISTED_AT_MOST = 12;

/**
 * The candidate that `name` most probably stands for.
 *
 * A name that differs only in case, underscores, hyphens or spaces wins (`GlorotUniform` for `glorot_uniform`).
 * Else the shortest that has all of several words (`sparse_categorical_crossentropy` for `sparse_crossentropy`),
 * else the one with the fewest single-letter edits (insert, delete, replace, swap of neighbours), if no more than a
 * third of the letters have to change. Among equals the first in the list wins.
 *
 * @param name - What was received.
 * @param candidates - The valid names.
 * @returns One of `candidates`, or `undefined` when none is near.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = simplified(name);
  // An exact spelling first: two candidates may differ in case alone.
  if (candidates.includes(name)) return name;
  const sameLetters = candidates.find((candidate) => simplified(candidate) === wanted);
  if (sameLetters !== undefined) return sameLetters;
  const whole = containing(name, candidates);
  if (whole !== undefined) return whole;

  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const letters = simplified(candidate);
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, letters.length) / 3));
    // Replacing every letter is not a misspelling, however short the name.
    if (allowed >= Math.max(wanted.length, letters.length)) continue;
    const distance = editDistance(wanted, letters);
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The shortest candidate in which all words of `name` occur; one word alone says too little. */
function containing(name: string, candidates: readonly string[]): string | undefined {
  const words = (text: string) => text.toLowerCase().split(/[\s_-]+/);
  const wanted = words(name);
  if (wanted.length < 2) return undefined;
  return candidates
    .filter((candidate) => wanted.every((word) => words(candidate).includes(word)))
    .sort((a, b) => a.length - b.length)[0];
}

/**
 * The sentence that ends an error about an unknown name, with a leading space: ` Did you mean "relu"?`, or,
 * when nothing is near, the valid names if they are few, or nothing.
 *
 * @param name - What was received.
 * @param candidates - The valid names.
 */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const suggestion = nearest(name, candidates);
  if (suggestion !== undefined) return ` Did you mean "${suggestion}"?`;
  if (candidates.length === 0 || candidates.length > LISTED_AT_MOST) return "";
  const quoted = candidates.map((candidate) => `"${candidate}"`);
  if (quoted.length === 1) return ` Expected ${quoted[0]}.`;
  return ` Expected one of ${quoted.slice(0, -1).join(", ")} or ${quoted[quoted.length - 1]}.`;
}

function simplified(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, "");
}

/** Optimal string alignment: Levenshtein's distance in which a swap of neighbours counts once. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      let distance = Math.min(previous[column] + 1, current[column - 1] + 1, replaced);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, beforePrevious[column - 2] + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length];
}
