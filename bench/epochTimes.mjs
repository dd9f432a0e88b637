import { callbacks } from "keratin";

/** The seconds of every epoch, as the peer `keras-jax` takes them. */
export class EpochTimes extends callbacks.Callback {
  durations = [];
  onEpochBegin() {
    this.start = performance.now();
  }
  onEpochEnd() {
    this.durations.push((performance.now() - this.start) / 1000);
  }
}
