// The present, as far as words on the screen care: it ticks every twenty seconds and when the window is looked at again.
const TICK_MS = 20_000;

class Clock {
  now = $state(Date.now());
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    if (typeof window === "undefined") return;
    this.#timer = setInterval(this.tick, TICK_MS);
    document.addEventListener("visibilitychange", this.tick);
    window.addEventListener("focus", this.tick);
  }
  tick = (): void => {
    this.now = Date.now();
  };
  stop(): void {
    clearInterval(this.#timer);
  }
}

export const clock = new Clock();
