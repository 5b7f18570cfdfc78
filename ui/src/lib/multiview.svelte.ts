// Whether this console shows the multiview, and whether that is all that it plays: the choice of a machine, remembered there.

const NAME = 'regia-multiview-alone';

/** How this machine looks at the cities. */
export class Multiview {
  /** Whether its picture is on the screen. */
  shown = $state(false);
  /** Whether the single cities are stopped. */
  alone = $state(remembered());

  constructor() {
    this.shown = this.alone;
  }

  toggle(): void {
    this.shown = !this.shown;
  }

  setAlone(alone: boolean): void {
    this.alone = alone;
    try {
      localStorage.setItem(NAME, String(alone));
    } catch {
      // Without storage the choice lasts until the page is closed.
    }
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(NAME) === 'true';
  } catch {
    return false;
  }
}
