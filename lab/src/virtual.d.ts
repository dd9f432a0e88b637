/** Made while the lab is built: see `build/`. */
declare module "virtual:digits" {
  /** Relative to the page. */
  export const DIGITS_FILE: string;
  export const DIGITS_BYTES: number;
  export const DIGITS_SHA256: string;
}

declare module "virtual:declarations" {
  /** The declaration files of what cells import, and of the language, by path. */
  export const declarations: Readonly<Record<string, string>>;
}
