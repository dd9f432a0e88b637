import engine from "../engine/worker.ts?worker&url";

// The frame that the engine's worker lives in. A worker made of a text has the content security policy of whoever makes it, also
// on hosts that send no headers: this frame's policy lets cells be evaluated and lets them reach nothing.

const address = new URL(engine, location.href).href;
const starter = URL.createObjectURL(
  new Blob([`import ${JSON.stringify(address)};postMessage("loaded");`], { type: "text/javascript" }),
);

addEventListener("message", ({ source, origin, ports: [port] }) => {
  if (source !== parent || origin !== location.origin || !port) return;
  const worker = new Worker(starter, { type: "module" });
  worker.onmessage = () => {
    worker.onmessage = null;
    worker.postMessage(null, [port]);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    port.postMessage({ type: "broken", message: event.message || "The engine could not be loaded." });
  };
});

parent.postMessage({ type: "sandbox" }, location.origin);
