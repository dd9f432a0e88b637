/** Draws again soon. */
export interface Redraw {
  /** At most once a frame, at most once an interval, and only while the element can be seen. */
  request(): void;
  destroy(): void;
}

/**
 * @param element what is drawn; while it is out of view nothing is
 * @param interval milliseconds between two drawings. Default 0: every frame
 */
export function redraw(element: Element, draw: () => void, interval = 0): Redraw {
  let wanted = false;
  let visible = true;
  let frame = 0;
  let last = Number.NEGATIVE_INFINITY;
  const tick = (now: number) => {
    frame = 0;
    if (!wanted || !visible) return;
    if (now - last >= interval) {
      last = now;
      wanted = false;
      draw();
    } else schedule();
  };
  const schedule = () => {
    if (frame === 0 && wanted && visible) frame = requestAnimationFrame(tick);
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
  return {
    request() {
      wanted = true;
      schedule();
    },
    destroy() {
      watcher?.disconnect();
      cancelAnimationFrame(frame);
    },
  };
}
