// The page on which people read the API: it shows what the server describes, with nothing from elsewhere.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.js";
import { startRegia } from "./support/regia.js";

let regia, browser;

before(async () => {
  [regia, browser] = await Promise.all([startRegia(), launch()]);
});

after(async () => {
  await browser?.close();
  await regia?.stop();
});

test("every operation is on the page, under a policy that it keeps", async () => {
  const page = await browser.newPage();
  const wrong = [];
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => /^https?:/.test(request.url()) && !request.url().startsWith(regia.url) && wrong.push(request.url()));
  const described = await (await fetch(`${regia.url}/api/v1/openapi.json`)).json();
  const operations = Object.values(described.paths).flatMap((item) => Object.keys(item)).length;
  await page.goto(`${regia.url}/api`);
  await page.locator(".opblock").nth(operations - 1).waitFor();
  assert.equal(await page.locator(".opblock").count(), operations);
  await page.locator("#operations-Show-post-commands .opblock-summary-control").click();
  await page.getByText("set_preview").first().waitFor();
  assert.deepEqual(wrong, []);
  await page.close();
});
