// What the command's output can show, and what becomes of it where nobody reads.

/** Exit code of a program whose output nobody reads any more: 128 + SIGPIPE. */
const OUTPUT_CLOSED = 141;

/** Every character outside of ASCII that the command and the library print, in one character of ASCII. */
const ascii: Readonly<Record<string, string>> = {
  ...Object.fromEntries([..."┏┳┓┡╇┩├┼┤└┴┘┗┻┛┌┬┐╭╮╰╯"].map((corner) => [corner, "+"])),
  ...Object.fromEntries([..."┃│"].map((line) => [line, "|"])),
  "─": "-",
  "━": "=",
  "×": "x",
  "·": ".",
  µ: "u",
  "…": ".",
  "–": "-",
  "“": '"',
  "”": '"',
  "’": "'",
  "→": ">",
};

/** Whether the locale says that text is UTF-8; where it says nothing, it is. */
export function unicodeOutput(environment = process.env, windows = process.platform === "win32"): boolean {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || "UTF-8";
  // Node hands text to the Windows console as UTF-16, whatever the code page
  return windows || /utf-?8/i.test(locale);
}

/** The text without characters outside of ASCII, as wide as before. */
export function toAscii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (character) => ascii[character] ?? "?");
}

/** Makes standard output keep to ASCII where the locale has no UTF-8, and ends the program quietly when its reader has gone. */
export function prepareOutput(): void {
  const { stdout } = process;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(OUTPUT_CLOSED);
    process.stderr.write(`keratin: standard output could not be written (${error.message}).\n`);
    process.exit(1);
  });
  if (unicodeOutput()) return;
  const write = stdout.write.bind(stdout) as (text: string | Uint8Array, ...rest: never[]) => boolean;
  stdout.write = (text: string | Uint8Array, ...rest: never[]) =>
    write(typeof text === "string" ? toAscii(text) : text, ...rest);
}
