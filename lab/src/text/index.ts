import { exercises, verdicts } from "./en/exercises.js";
import { practical } from "./en/practical.js";
import { shell } from "./en/shell.js";
import { widgets } from "./en/widgets.js";

/** Every sentence that the lab shows. A translation is another folder beside `en` with the same shape. */
export const text = { shell, practical, exercises, verdicts, widgets };
