import { platform } from "#platform";
import type { Figure } from "../metrics/figure.js";
import { float32Repr, floatRepr } from "../utils/pythonFormat.js";
import { Callback, type Logs } from "./callback.js";
import { makeFolderFor } from "./folder.js";

export interface CSVLoggerOptions {
  /** What stands between fields. Default `","`. */
  readonly separator?: string;
  /** Whether rows are added to an existing file, for a run that goes on. Default false: the file starts anew. */
  readonly append?: boolean;
}

/** Writes the figures of each epoch to a CSV file. @see https://keras.io/api/callbacks/csv_logger/ */
export class CSVLogger extends Callback {
  static override readonly className = "CSVLogger";
  readonly filename: string;
  readonly separator: string;
  readonly append: boolean;
  /** The columns after `epoch`, once they are known. */
  #keys: readonly string[] | undefined;
  #needsHeader = true;

  constructor(filename: string, options: CSVLoggerOptions = {}) {
    super();
    this.filename = filename;
    this.separator = options.separator ?? ",";
    this.append = options.append ?? false;
  }

  override async onTrainBegin(): Promise<void> {
    this.#keys = undefined;
    const goesOn = this.append && (await platform.fileExists(this.filename));
    this.#needsHeader = !goesOn || (await platform.readFile(this.filename)).length === 0;
    await makeFolderFor(this.filename);
    if (!goesOn) await platform.writeFileAtomic(this.filename, new Uint8Array());
  }

  override async onEpochEnd(epoch: number, logs: Logs<Figure> = {}): Promise<void> {
    let text = "";
    if (!this.#keys) {
      const keys = Object.keys(logs).sort();
      // room for validation that takes place in later epochs only
      const hasValidation = keys.some((key) => key.startsWith("val_"));
      this.#keys = hasValidation ? keys : [...keys, ...keys.map((key) => `val_${key}`)];
      if (this.#needsHeader) text += this.#row(["epoch", ...this.#keys]);
      this.#needsHeader = false;
    }
    const values = this.#keys.map((key) => (key in logs ? field(logs[key]) : "NA"));
    text += this.#row([String(epoch), ...values]);
    await platform.appendFile(this.filename, new TextEncoder().encode(text));
  }

  /** One row, in the dialect that Python calls `excel`. */
  #row(fields: readonly string[]): string {
    const special = (field: string) => [this.separator, '"', "\r", "\n"].some((mark) => field.includes(mark));
    const quoted = fields.map((field) => (special(field) ? `"${field.replaceAll('"', '""')}"` : field));
    return `${quoted.join(this.separator)}\r\n`;
  }
}

/** A figure as Keras writes it: several are elements of a float32 array, with quotes of their own. */
function field(figure: Figure): string {
  return typeof figure === "number" ? floatRepr(figure) : `"[${figure.map(elements).join(", ")}]"`;
}

/** As NumPy prints them. */
function elements(figure: Figure): string {
  return typeof figure === "number" ? float32Repr(figure) : `[${figure.map(elements).join(" ")}]`;
}
