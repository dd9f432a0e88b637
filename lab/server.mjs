// Serves the built lab: `npm run lab`. Also the plain static server of the tests.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const DIST = fileURLToPath(new URL("dist", import.meta.url));

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".bin": "application/octet-stream",
};

/** What a page needs to share memory between threads, and what no page of ours ever needs is switched off. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/**
 * Starts a server on this machine.
 *
 * @param {{ folder?: string, port?: number, under?: string, isolate?: boolean }} options `under`: the path it is reached at,
 *   default "/"; `isolate`: whether it sends the headers that threads need (default true)
 * @returns {Promise<{ address: string, requests: string[], close(): Promise<void> }>}
 */
export function serve({ folder = DIST, port = 0, under = "/", isolate = true } = {}) {
  /** @type {string[]} */
  const requests = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    requests.push(pathname);
    const path = file(folder, under, pathname);
    if (!path || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("There is no such file.");
      return;
    }
    response.writeHead(200, {
      "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
      "Content-Length": statSync(path).size,
      "Cache-Control": /-[\w-]{8,}\.\w+$/.test(path) ? "max-age=31536000, immutable" : "no-cache",
      ...(isolate ? ISOLATION : {}),
    });
    if (request.method === "HEAD") response.end();
    else createReadStream(path).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        address: `http://localhost:${typeof address === "object" ? address?.port : port}${under}`,
        requests,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

/** The file that a path means, or null: nothing outside of the folder is reached. */
function file(folder, under, pathname) {
  if (!pathname.startsWith(under)) return null;
  let relative;
  try {
    relative = normalize(decodeURIComponent(pathname.slice(under.length)) || "index.html");
  } catch {
    return null;
  }
  if (relative.startsWith("..") || relative.includes(`${sep}..`) || relative.includes("\0")) return null;
  const path = join(folder, relative);
  if (!existsSync(path)) return null;
  if (!statSync(path).isDirectory()) return path;
  const index = join(path, "index.html");
  return existsSync(index) ? index : null;
}
