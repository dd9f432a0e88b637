/** The folder that `npm run build:lab` writes. */
export const DIST: string;

export interface ServeOptions {
  readonly folder?: string;
  readonly port?: number;
  /** The path it is reached at. Default "/". */
  readonly under?: string;
  /** Whether it sends the headers that threads need. Default true. */
  readonly isolate?: boolean;
}

/** Starts a server on this machine. */
export function serve(options?: ServeOptions): Promise<{
  readonly address: string;
  /** Paths that were asked for. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}>;
