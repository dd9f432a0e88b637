// `npm run lab`: builds the lab, where it has to, and serves it. `PORT` chooses the port (default: 8045, or the next free one).
import { buildLab } from "./build/lab.mjs";
import { serve } from "./server.mjs";

await buildLab();

const asked = process.env.PORT ? Number(process.env.PORT) : undefined;
let port = asked ?? 8045;
for (;;) {
  try {
    const { address } = await serve({ port });
    console.log(`The lab is at ${address}\nCtrl-C ends it.`);
    break;
  } catch (error) {
    if (asked !== undefined || error.code !== "EADDRINUSE" || port > 8145) {
      console.error(
        `The lab cannot be served on port ${port}: ${error.message}. Choose another one: PORT=8100 npm run lab`,
      );
      process.exit(1);
    }
    port++;
  }
}
