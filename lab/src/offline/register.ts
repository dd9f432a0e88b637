/**
 * Lets the lab work without a network after the first visit, and isolates the page where the host does not: the service worker
 * adds the headers that threads need. For them to count the page has to be loaded through it once.
 */
export async function prepareOffline(): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  try {
    await navigator.serviceWorker.register("serviceWorker.js", { type: "module" });
    await navigator.serviceWorker.ready;
  } catch {
    // a private window, or a host that forbids it: the lab works all the same, with a network and one thread
    return;
  }
  const tried = "keratin-lab-isolation";
  if (crossOriginIsolated || sessionStorage.getItem(tried) || document.documentElement.dataset.touched)
    return;
  sessionStorage.setItem(tried, "1");
  location.reload();
}
