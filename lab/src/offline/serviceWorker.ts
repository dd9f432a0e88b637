/// <reference lib="webworker" />

declare const self: ServiceWorkerGlobalScope;

/** All files of the lab with a hash of each, filled in when it is built. */
const FILES = JSON.parse("__FILES__") as Readonly<Record<string, string>>;
/** A hash of all of them. */
const VERSION = "__VERSION__";
const CACHE = `keratin-lab ${VERSION}`;

/** What makes a page cross-origin isolated, so that it may share memory between threads. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === "GET" && url.href.startsWith(self.registration.scope))
    event.respondWith(answer(event.request));
});

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    Object.keys(FILES).map(async (path) => {
      // files whose names carry their hash cannot have changed: an older version of the lab may have them
      const known = /-[\w-]{8,}\.\w+$/.test(path) ? await caches.match(address(path)) : undefined;
      await cache.put(address(path), known ?? (await fetched(path)));
    }),
  );
  await self.skipWaiting();
}

async function fetched(path: string): Promise<Response> {
  const response = await fetch(address(path), { cache: "no-cache" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

async function activate(): Promise<void> {
  for (const name of await caches.keys())
    if (name.startsWith("keratin-lab ") && name !== CACHE && (await isOurs(name))) await caches.delete(name);
  await self.clients.claim();
}

/** Whether a cache belongs to the lab in this folder; there may be others on this host. */
async function isOurs(name: string): Promise<boolean> {
  const [first] = await (await caches.open(name)).keys();
  return first === undefined || first.url.startsWith(self.registration.scope);
}

async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  url.search = "";
  url.hash = "";
  const path = url.href.slice(self.registration.scope.length) || "index.html";
  const cached = path in FILES ? await (await caches.open(CACHE)).match(address(path)) : undefined;
  return isolated(cached ?? (await fetch(request)));
}

function isolated(response: Response): Response {
  if (response.type === "opaque" || response.type === "error") return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

const address = (path: string) => new URL(path, self.registration.scope).href;

export {};
