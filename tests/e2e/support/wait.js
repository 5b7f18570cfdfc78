// Tests wait for facts, never for time to pass.

/**
 * Asks until the answer satisfies, and returns it.
 * @template T
 * @param {string} what names the fact in the error
 * @param {() => Promise<T> | T} ask
 * @param {(answer: T) => boolean} [satisfies]
 * @param {number} [seconds]
 * @returns {Promise<T>}
 */
export async function until(what, ask, satisfies = Boolean, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      last = await ask();
      if (satisfies(last)) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}; last seen: ${show(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const show = (value) => (value instanceof Error ? value.message : JSON.stringify(value));
