// What a cell can reach. The worker runs under the content security policy of the sandbox frame, which allows no request at all.
// What is left of the page's origin (its storage, its other tabs) is taken away here, before any cell runs.

/** Takes the origin's storage and the network away from this worker, and confines the workers that it starts. */
export function confine(): void {
  takeAway();
  const Original = globalThis.Worker;
  if (!Original) return;
  const texts = new Map<string, Blob>();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (object) => {
    const address = createObjectURL.call(URL, object);
    if (object instanceof Blob) texts.set(address, object);
    return address;
  };
  URL.revokeObjectURL = (address) => {
    texts.delete(address);
    revokeObjectURL.call(URL, address);
  };
  // the engine's threads are made of a text; whatever is made of a text loses the same things before the text runs
  const Confined = new Proxy(Original, {
    construct(_, [address, options = {}]: [string | URL, WorkerOptions?]): Worker {
      const text = texts.get(String(address));
      if (!text || options.type === "module") throw new Error("A cell can start workers of a text only.");
      const confined = createObjectURL.call(
        URL,
        new Blob([`(${takeAway})();delete globalThis.Worker;`, text], { type: "text/javascript" }),
      );
      try {
        return new Original(confined, options);
      } finally {
        revokeObjectURL.call(URL, confined);
      }
    },
  });
  Object.defineProperty(Original.prototype, "constructor", { value: Confined });
  Object.defineProperty(globalThis, "Worker", { value: Confined });
}

/** Runs as text in other workers as well, so it uses nothing from this module. */
function takeAway(): void {
  const remove = (from: object, names: readonly string[]) => {
    for (const name of names)
      for (let at: object | null = from; at; at = Object.getPrototypeOf(at))
        if (Object.hasOwn(at, name)) Object.defineProperty(at, name, { value: undefined });
  };
  remove(globalThis, [
    "indexedDB",
    "caches",
    "cookieStore",
    "BroadcastChannel",
    "SharedWorker",
    "fetch",
    "XMLHttpRequest",
    "WebSocket",
    "WebSocketStream",
    "WebTransport",
    "EventSource",
    "RTCPeerConnection",
    "Notification",
    "importScripts",
    "webkitRequestFileSystem",
    "webkitRequestFileSystemSync",
    "webkitResolveLocalFileSystemURL",
    "webkitResolveLocalFileSystemSyncURL",
  ]);
  remove(navigator, ["storage", "storageBuckets", "locks", "serviceWorker", "sendBeacon"]);
}
