// Runs a script on the Node that started npm.
//
// The tests' second runtime (tests/lts) links its own `node` into node_modules/.bin, which npm puts first
// in PATH: without this step every `npm run` would run on that one instead of on the user's Node.
//
//   node scripts/hostNode.mjs <script> [arguments]
import { spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";

const host = process.env.npm_node_execpath ?? process.execPath;
process.env.PATH = dirname(host) + delimiter + (process.env.PATH ?? "");
const child = spawn(host, process.argv.slice(2), { stdio: "inherit" });

// The terminal sends Ctrl-C to the child as well; this process only waits for the child to finish its work.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));

child.on("error", (error) => {
  console.error(`Could not start Node at ${host}: ${error.message}`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  if (code !== null) process.exitCode = code;
  else process.exitCode = signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 1;
});
