/** What the library needs of the machine it runs on. All that touches Node or the DOM is behind this. */
export interface Platform {
  readonly name: "node" | "browser";
  environment(name: string): string | undefined;
  /** Writes to standard output (browser: the console, line by line). */
  write(text: string): void;
  /** Writes to standard error (browser: the console). */
  writeError(text: string): void;
  /** Width of the terminal; undefined if there is none. */
  columns(): number | undefined;
  isTerminal(): boolean;
  isWindows(): boolean;
  /** Seconds since 1970, at high resolution. */
  now(): number;
  /** Lets timers, input and other work go on. */
  yieldToEventLoop(): Promise<void>;
  /** Asks for WebAssembly to be optimised from the first call, where that can be had. */
  preferOptimizedWasm(): void;
  homeFolder(): string | undefined;
  joinPath(...parts: string[]): string;
  fileExists(path: string): Promise<boolean>;
  /** The path of a `file:` address. */
  pathFromUrl(address: string): string;
  readFile(path: string): Promise<Uint8Array>;
  listFolder(path: string): Promise<readonly string[]>;
  makeFolder(path: string): Promise<void>;
  /**
   * Replaces a file: a temporary file in the same folder is written, flushed and renamed. Whenever the process or the machine
   * stops, there is the old file or the new one, never a part.
   * @throws if it cannot be written: which file, why, what to do. Then the old file is as it was
   */
  writeFileAtomic(path: string, content: Uint8Array | string): Promise<void>;
  /** Adds to the end of a file, which is made if there is none. */
  appendFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file; not an error if there is none. */
  removeFile(path: string): Promise<void>;
  /** Removes a folder if nothing is in it. @returns whether it is gone */
  removeEmptyFolder(path: string): Promise<boolean>;
  /** Cores that programs may use. */
  cores(): number;
  /** Whether memory can be shared between threads. */
  canShareMemory(): boolean;
  /** Whether the current thread may sleep until memory changes; a page's main thread may not. */
  canSleep(): boolean;
  /** Starts a thread that runs a program text (a classic script). It does not keep the process alive. */
  startWorker(script: string, events: WorkerEvents): WorkerThread;
  /** Where an npm package is installed, if it is. */
  resolvePackageFolder(name: string): string | undefined;
}

export interface WorkerEvents {
  /** The thread ended, by itself or from outside, or could not start. */
  onEnd(reason: string): void;
}

/** A thread that was started. */
export interface WorkerThread {
  post(message: unknown): void;
  terminate(): void;
}
