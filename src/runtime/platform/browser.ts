import type { Platform } from "./types.js";

function noFiles(): never {
  throw new Error("There are no files in a browser. Give the data as typed arrays: tensor(array, shape).");
}

let line = "";

/** Current browsers, in pages and workers. */
export const platform: Platform = {
  name: "browser",
  environment: () => undefined,
  write(text) {
    // the console has lines, and no cursor to move back
    line += text;
    const lines = line.split("\n");
    line = lines.pop() as string;
    for (const whole of lines) console.log(whole.slice(whole.lastIndexOf("\r") + 1));
  },
  writeError: (text) => console.error(text),
  columns: () => undefined,
  isTerminal: () => false,
  isWindows: () => false,
  now: () => (performance.timeOrigin + performance.now()) / 1000,
  yieldToEventLoop: () =>
    new Promise((resolve) => {
      // timers are held back to 4 ms, messages are not
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    }),
  preferOptimizedWasm() {},
  cores: () => navigator.hardwareConcurrency || 1,
  canShareMemory: () => typeof SharedArrayBuffer !== "undefined" && globalThis.crossOriginIsolated === true,
  // the main thread of a page has a document
  canSleep: () => typeof document === "undefined",
  startWorker(script, events) {
    const prologue = "const receive = (handler) => { onmessage = ({ data }) => handler(data); };\n";
    const url = URL.createObjectURL(new Blob([prologue + script], { type: "text/javascript" }));
    const worker = new Worker(url, { name: "keratin" });
    URL.revokeObjectURL(url);
    worker.onerror = (event) => events.onEnd(event.message || "the thread could not start");
    return {
      post: (message) => worker.postMessage(message),
      terminate: () => worker.terminate(),
    };
  },
  homeFolder: () => undefined,
  joinPath: (...parts) => parts.join("/"),
  fileExists: async () => false,
  pathFromUrl: () => noFiles(),
  readFile: async () => noFiles(),
  listFolder: async () => noFiles(),
  makeFolder: async () => noFiles(),
  writeFileAtomic: async () => noFiles(),
  appendFile: async () => noFiles(),
  removeFile: async () => noFiles(),
  removeEmptyFolder: async () => noFiles(),
  resolvePackageFolder: () => undefined,
};
