/** Draws again soon. */
export interface Redraw {
  /** At most once a frame, at most once an interval, and only while the element can be seen. */
  request(): void;
  destroy(): void;
}

/**
 * @param element what is drawn; while it is out of view nothing is, but a page that is printed is up to date everywhere
 * @param interval milliseconds between two drawings. Default 0: every frame
 */
export function redraw(element: Element, draw: () => void, interval = 0): Redraw {
  let wanted = false;
  let visible = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let frame = 0;
  let last = Number.NEGATIVE_INFINITY;
  const now = () => {
    if (!wanted) return;
    wanted = false;
    last = performance.now();
    draw();
  };
  const inFrame = () => {
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (visible) now();
    });
  };
  const schedule = () => {
    if (frame !== 0 || timer !== undefined || !wanted || !visible) return;
    const time = performance.now();
    if (time - last >= interval) return inFrame();
    // everything with the same interval is drawn in the same frame: a frame costs more than what one widget changes in it
    timer = setTimeout(
      () => {
        timer = undefined;
        inFrame();
      },
      interval - (time % interval),
    );
  };
  const watcher =
    typeof IntersectionObserver === "undefined"
      ? undefined
      : new IntersectionObserver(
          (entries) => {
            visible = entries[entries.length - 1].isIntersecting;
            schedule();
          },
          // what is about to come into view is up to date
          { rootMargin: "200px" },
        );
  watcher?.observe(element);
  addEventListener("beforeprint", now);
  return {
    request() {
      wanted = true;
      schedule();
    },
    destroy() {
      watcher?.disconnect();
      removeEventListener("beforeprint", now);
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    },
  };
}
