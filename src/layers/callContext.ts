/** What layers inside of a call know about it. */
interface CallContext {
  readonly training: boolean;
}

let context: CallContext | undefined;
let scopes: readonly string[] = [];

/** Whether the call around this one is a training step; undefined outside of calls. */
export function callTraining(): boolean | undefined {
  return context?.training;
}

/** Runs `compute` as the inside of a layer's call. */
export function withCallContext<R>(inner: CallContext, compute: () => R): R {
  const outer = context;
  context = inner;
  try {
    return compute();
  } finally {
    context = outer;
  }
}

/** The names of the layers that are being built or called, as variables' paths begin: `"sequential/dense"`. */
export function currentPath(): string {
  return scopes.join("/");
}

/** Runs `compute` within a name scope. */
export function withNameScope<R>(path: readonly string[], compute: () => R): R {
  const outer = scopes;
  scopes = path;
  try {
    return compute();
  } finally {
    scopes = outer;
  }
}
