// What pages look like, told by few numbers: the cards' colours, and the words of a page.
import { until } from "./wait.js";
import { colour } from "./browser.js";

/** The colours of the publisher's cards, and of a slate. */
export const LOOKS = {
  lecce: ([r, g, b]) => r > g + 20 && g > b + 40,
  roma: ([r, g, b]) => r > g + 80 && r > b + 60,
  slate: (rgb) => Math.max(...rgb) < 70,
};

/** Waits until the video of a screen plays what `look` names. */
export const plays = (page, screen, look, seconds = 30) =>
  until(
    `${screen} shows ${look}`,
    () => colour(page, `[data-testid=${screen}] video`),
    (rgb) => rgb !== null && LOOKS[look](rgb),
    seconds,
  );

/** Every word that a page shows or says to a screen reader. */
export const wordsOf = (page) =>
  page.evaluate(() => {
    const texts = [document.title];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) if (!walk.currentNode.parentElement.matches("noscript")) texts.push(walk.currentNode.data);
    for (const element of document.querySelectorAll("[aria-label], [title], [aria-valuetext]")) {
      for (const name of ["aria-label", "title", "aria-valuetext"]) texts.push(element.getAttribute(name) ?? "");
    }
    const found = texts.join(" ").toLowerCase().match(/\p{L}{3,}/gu) ?? [];
    return [...new Set(found)].sort();
  });
