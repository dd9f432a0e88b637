// `npm run build:lab`
import { buildLab } from "./lab.mjs";

const built = await buildLab();
console.log(
  built ? "lab/dist/ is there." : "lab/dist/ is there already: nothing has changed since it was built.",
);
