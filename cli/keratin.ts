#!/usr/bin/env node
import manifest from "../package.json" with { type: "json" };
import { run } from "./program.js";
import { prepareOutput } from "./terminal.js";

prepareOutput();
process.exitCode = await run(process.argv, manifest.version);
