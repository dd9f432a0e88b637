import { shell } from "./en/shell.js";
import { widgets } from "./en/widgets.js";

/** Every sentence that the lab shows. A translation is another folder beside `en` with the same shape. */
export const text = { shell, widgets };
