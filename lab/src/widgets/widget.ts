/** A live interactive piece in a container. */
export interface Widget<Props> {
  /** Shows other data; keeps what the student chose (a selected cell, a drawing) where that still makes sense. */
  update(props: Props): void;
  /** Removes everything it put into the container, its listeners and timers. */
  destroy(): void;
}

/** Every file in this folder exports its piece as a function of this type. */
export type Mount<Props> = (container: HTMLElement, props: Props) => Widget<Props>;
