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

/** The colours of a playing video at points of its picture, each given in parts of its width and height. */
export const coloursOf = (page, selector, points) =>
  page.evaluate(
    ([selector, points]) => {
      const video = document.querySelector(selector);
      if (!video?.videoWidth || video.readyState < 2) return null;
      const { videoWidth: width, videoHeight: height } = video;
      const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
      return points.map(([x, y]) => {
        context.drawImage(video, Math.round(x * width) - 2, Math.round(y * height) - 2, 5, 5, 0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
      });
    },
    [selector, points],
  );
