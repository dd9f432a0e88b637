import { InvalidArgumentError } from "commander";
import { didYouMean } from "../src/utils/suggest.js";

// Values of options, parsed at the door. commander puts the option's name in front of the messages.

/** @returns a parser of integers from `least` to `most` */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text.trim()) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `Expected an integer of at least ${least}.`
        : `Expected an integer from ${least} to ${most}.`,
    );
  };
}

/** A number from 0 to below 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("Expected a number from 0 to below 1.");
}

/** A number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new InvalidArgumentError("Expected a number above 0.");
}

/** @returns a parser that takes one of `choices` */
export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    if (choices.includes(text as T)) return text as T;
    throw new InvalidArgumentError(`Expected one of ${choices.join(", ")}.${suggestion(text, choices)}`);
  };
}

/** @returns a parser that takes some of `choices`, separated by commas; each counts once */
export function listOf(kind: string, choices: readonly string[]): (text: string) => string[] {
  return (text) => {
    const wanted = text
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    if (wanted.length === 0) throw new InvalidArgumentError(`Expected some of ${choices.join(",")}.`);
    for (const name of wanted) {
      if (choices.includes(name)) continue;
      throw new InvalidArgumentError(
        `There is no ${kind} '${name}'.${suggestion(name, choices)} Expected some of ${choices.join(",")}.`,
      );
    }
    return [...new Set(wanted)];
  };
}

/** ` Did you mean "relu"?`, or nothing: the choices are listed anyway. */
function suggestion(text: string, choices: readonly string[]): string {
  const sentence = didYouMean(text, choices);
  return sentence.startsWith(" Did") ? sentence : "";
}
