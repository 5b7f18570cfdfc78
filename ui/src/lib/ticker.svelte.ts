// The page's sense of time, for timers and clocks on the screen: four ticks a second, or every frame while asked.

/** Local time that components can depend on. */
export class Ticker {
  /** Milliseconds since the page began, like `performance.now()`. */
  now = $state(performance.now());
  /** Milliseconds since 1970. */
  epoch = $state(Date.now());

  /** Ticks until the returned function is called. */
  start(): () => void {
    const interval = setInterval(() => this.#tick(), 250);
    return () => clearInterval(interval);
  }

  /** Ticks with every frame of the screen until the returned function is called. */
  startFrames(): () => void {
    const tick = () => {
      this.#tick();
      frame = requestAnimationFrame(tick);
    };
    let frame = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(frame);
  }

  #tick(): void {
    this.now = performance.now();
    this.epoch = Date.now();
  }
}
