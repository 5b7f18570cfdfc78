// What is being written for a keyer. What somebody else sets comes into it, unless something is being written here.
import { same } from './layout';
import { emptyGraphic, tidy } from './graphics';
import type { Graphic, Template } from './protocol';

/** A graphic on its way to a keyer. */
export class Draft {
  graphic = $state.raw<Graphic | null>(null);
  #known: Graphic | null = null;

  /** The keyer has this now. */
  follow(shown: Graphic | null): void {
    if (!this.differs(this.#known)) this.graphic = shown;
    this.#known = shown;
  }

  /** Whether something else is written here than this. */
  differs(shown: Graphic | null): boolean {
    return !same(shown === null ? null : tidy(shown), this.graphic === null ? null : tidy(this.graphic));
  }

  /** Another template: what was written in fields of the same name stays. */
  choose(template: Template | undefined): void {
    if (template === undefined) {
      this.graphic = null;
      return;
    }
    this.graphic = retemplated(this.graphic, template);
  }
}

/** A graphic of another template: what stands in fields of the same name stays. */
export function retemplated(graphic: Graphic | null, template: Template): Graphic {
  const empty = emptyGraphic(template);
  const kept = Object.entries(graphic?.fields ?? {}).filter(([id]) => template.fields.some((field) => field.id === id));
  return { template: template.id, fields: { ...empty.fields, ...Object.fromEntries(kept) } };
}
