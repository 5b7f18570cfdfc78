// The console as its tests see it: how to enter it, and what it shows.
import { OPERATOR_KEY } from "./regia.js";

export const ITALIAN = { locale: "it-IT", viewport: { width: 1600, height: 900 } };

/** Enters the control room with the link, in a context of its own. Errors of the page go to `page.faults`. */
export async function enter(browser, url, options = ITALIAN) {
  const page = await browser.newPage(options);
  page.faults = faultsOf(page);
  await page.goto(`${url}/console#key=${OPERATOR_KEY}`);
  await linkIs(page, "up");
  await page.getByTestId("tile-slate").waitFor();
  return page;
}

/** Enters the control room by name and password, in a context of its own. */
export async function signIn(browser, url, name, password, options = ITALIAN) {
  const page = await browser.newPage(options);
  page.faults = faultsOf(page);
  await page.goto(`${url}/console`);
  await page.getByTestId("name").fill(name);
  await page.getByTestId("password").fill(password);
  await page.keyboard.press("Enter");
  await linkIs(page, "up");
  await page.getByTestId("tile-slate").waitFor();
  return page;
}

/** What a page fails at, as it goes on. */
export function faultsOf(page) {
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.stack));
  return faults;
}

/** Waits for a state of the live link. */
export const linkIs = (page, state, timeout = 30_000) =>
  page.locator(`[data-testid=link-state][data-state=${state}]`).waitFor({ state: "attached", timeout });

/** Waits until the lease is `free`, `mine` or an `other`'s, seen from a console. */
export const leaseIs = (page, standing) => page.locator(`[data-testid=lease][data-lease=${standing}]`).waitFor();

/** Waits for a tile's tally: `off`, `preview` or `program`. */
export const tallyIs = (page, city, tally) => page.locator(`[data-testid=tile-${city}][data-tally=${tally}]`).waitFor();

/** Waits for a tile's state: `live`, `lost`, … */
export const stateIs = (page, city, state) => page.locator(`[data-testid=tile-${city}][data-state=${state}]`).waitFor();
