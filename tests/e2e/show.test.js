// The show as a product, in real browsers: people sign in, hand over, plan, write to each other, take back, and nothing is
// lost when the server dies.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.js";
import { OPERATOR_KEY, startRegia } from "./support/regia.js";
import { ITALIAN, faultsOf, leaseIs, linkIs, signIn, tallyIs } from "./support/room.js";
import { until } from "./support/wait.js";

const PEOPLE = { Anna: "una parola molto lunga", Bea: "un'altra parola lunga" };
const PHONE = { locale: "it-IT", viewport: { width: 390, height: 844 } };

let regia, browser, anna, bea, roma;

before(async () => {
  [regia, browser] = await Promise.all([startRegia({ operators: PEOPLE }), launch()]);
});

after(async () => {
  await browser?.close();
  await regia?.stop();
});

const tab = (page, name) => page.getByTestId(`tab-${name}`).click();
const problemIs = (page, code) => page.locator(`[data-testid=problem][data-code=${code}]`).waitFor();

test("somebody signs in with name and password, and a wrong one is refused with a word", async () => {
  const door = await browser.newPage(ITALIAN);
  await door.goto(`${regia.url}/console`);
  await door.getByTestId("name").fill("Anna");
  await door.getByTestId("password").fill("una parola sbagliata");
  await door.keyboard.press("Enter");
  await door.getByTestId("wrong-password").getByText("Nome o password sbagliati").waitFor();
  await door.close();
  anna = await signIn(browser, regia.url, "Anna", PEOPLE.Anna);
  await anna.locator("[data-testid=who][data-actor='operator:Anna']").waitFor();
  await anna.reload();
  await linkIs(anna, "up");
  assert.equal(await anna.evaluate(() => document.cookie), "", "the page's scripts cannot read the session");
  bea = await signIn(browser, regia.url, "Bea", PEOPLE.Bea);
});

test("whoever presses first commands, and the other's controls say why they do not answer", async () => {
  await leaseIs(anna, "free");
  await anna.keyboard.press("Digit1");
  await tallyIs(anna, "lecce", "preview");
  await Promise.all([leaseIs(anna, "mine"), leaseIs(bea, "other")]);
  await bea.getByTestId("lease-other").getByText("Comanda Anna.").waitFor();
  for (const id of ["cut", "auto", "tile-roma", "take-next"]) assert.ok(await bea.getByTestId(id).isDisabled(), `${id} is disabled`);
  await bea.keyboard.press("Space");
  await tallyIs(anna, "lecce", "preview");
});

test("the lease is asked for, loudly, and given", async () => {
  await bea.getByTestId("notice-ask").click();
  await anna.getByTestId("lease-asked").getByText("Bea chiede la regia").waitFor();
  await anna.getByTestId("lease-give").click();
  await Promise.all([leaseIs(bea, "mine"), leaseIs(anna, "other")]);
  await bea.keyboard.press("Space");
  await Promise.all([tallyIs(bea, "lecce", "program"), tallyIs(anna, "lecce", "program")]);
});

test("the lease is taken only by somebody who confirms it", async () => {
  await anna.getByTestId("notice-take").click();
  await anna.getByTestId("lease-dialog").getByText("Bea sta comandando").waitFor();
  await leaseIs(bea, "mine");
  await anna.getByTestId("lease-take-confirm").click();
  await Promise.all([leaseIs(anna, "mine"), leaseIs(bea, "other")]);
  await anna.getByTestId("lease").click();
  await anna.getByTestId("lease-release").click();
  await leaseIs(bea, "free");
});

test("a picture is composed, kept as a scene, and called up again", async () => {
  await anna.getByTestId("compose").click();
  await anna.getByTestId("layout-side_by_side").click();
  await anna.getByTestId("source-0").selectOption("city:roma");
  await anna.getByTestId("source-1").selectOption("city:milano");
  await anna.getByTestId("compose-name").fill("Due città");
  await anna.getByTestId("compose-keep").click();
  await anna.getByTestId("scene-1").getByText("Due città").waitFor();
  await anna.getByTestId("scene-1").getByTestId("recall-preview").click();
  await Promise.all([tallyIs(anna, "roma", "preview"), tallyIs(anna, "milano", "preview")]);
  await bea.locator("[data-testid=scene-1][data-tally=preview]").waitFor();
  await anna.getByTestId("scene-1").getByTestId("recall-program").click();
  await Promise.all([tallyIs(bea, "roma", "program"), tallyIs(bea, "milano", "program")]);
});

test("undo takes back what was done on air by a cut, and redo does it again", async () => {
  await tallyIs(anna, "lecce", "off");
  await anna.getByTestId("undo").getByText("scena richiamata").waitFor();
  await anna.keyboard.press("Control+KeyZ");
  await tallyIs(anna, "lecce", "program");
  await anna.keyboard.press("Control+Shift+KeyZ");
  await tallyIs(anna, "roma", "program");
  assert.ok(await bea.getByTestId("undo").isEnabled(), "Bea has done something herself");
  await bea.getByTestId("undo").click();
  await problemIs(bea, "lease-held");
});

test("the rundown's countdown reaches the city, and its acknowledgement comes back", async () => {
  roma = await browser.newPage(PHONE);
  roma.faults = faultsOf(roma);
  await roma.goto(await regia.link("cities/roma"));
  await roma.getByTestId("go-live").waitFor();
  assert.equal(roma.url(), `${regia.url}/city/roma`, "the token has left the address bar");

  for (const [title, city, length] of [["Apertura", "", "5:00"], ["Musicisti a Roma", "roma", ""]]) {
    await anna.getByTestId("add-cue").click();
    await anna.getByTestId("cue-title").fill(title);
    await anna.getByTestId("cue-city").selectOption(city);
    await anna.getByTestId("cue-length").fill(length);
    await anna.getByTestId("cue-save").click();
    await anna.getByTestId("rundown").getByText(title).waitFor();
  }
  await anna.keyboard.press("KeyN");
  await anna.locator("[data-testid=cue-1][data-state=on]").waitFor();
  await anna.locator("[data-testid=cue-2][data-state=next]").waitFor();
  const said = await until("Roma counts down", () => roma.getByTestId("countdown").textContent(), (text) => /^Tra [45]:\d\d tocca a voi$/.test(text));
  await until("time goes on", () => roma.getByTestId("countdown").textContent(), (text) => text !== said);
  await roma.getByTestId("acknowledge").click();
  await anna.locator("[data-testid=cue-2][data-acknowledged=true]").getByText("✓ pronti").waitFor();
  await roma.locator("[data-testid=turn][data-acknowledged=true]").waitFor();
  await roma.getByTestId("language-en").click();
  await until("it speaks English", () => roma.getByTestId("countdown").textContent(), (text) => /^On in \d:\d\d$/.test(text));
  await roma.getByTestId("language-it").click();
});

test("a city's page says with the word when it is on air, and when it stands by", async () => {
  await roma.locator("[data-testid=tally][data-tally=program]").getByText("In onda c’è il cartello").waitFor();
  await anna.keyboard.press("Digit2");
  await anna.keyboard.press("Shift+Digit0");
  await roma.locator("[data-testid=tally][data-tally=preview]").getByText("Anteprima", { exact: true }).waitFor();
});

test("messages go both ways, and each side sees that they were read", async () => {
  await tab(anna, "messages");
  await anna.getByTestId("message-to").selectOption("city:roma");
  await anna.getByTestId("message-text").fill("Fra un minuto la domanda di Roma");
  await anna.getByTestId("message-send").click();
  await anna.getByTestId("message-1").getByText("non ancora letto").waitFor();
  await roma.getByTestId("message-1").getByText("Fra un minuto la domanda di Roma").waitFor();
  await roma.getByTestId("read").click();
  await anna.getByTestId("message-1").getByText("letto da Roma").waitFor();
  await tab(anna, "scenes");
  await roma.getByTestId("answer").fill("Ci siamo");
  await roma.getByTestId("answer-send").click();
  await anna.getByTestId("tab-messages-count").getByText("1").waitFor();
  await tab(anna, "messages");
  await anna.getByTestId("message-2").getByText("Ci siamo").waitFor();
  await anna.getByTestId("tab-messages-count").waitFor({ state: "detached" });
});

test("a keyer and a strip are set by hand, and the other console sees it", async () => {
  await Promise.all([tab(anna, "graphics"), tab(bea, "graphics")]);
  await anna.getByTestId("keyer-1-template").selectOption("lower-third");
  await anna.getByTestId("keyer-1-title").fill("Genova — Vernissage Bistrot");
  await anna.getByTestId("keyer-1-set").click();
  await anna.getByTestId("keyer-1-switch").click();
  await bea.locator("[data-testid=keyer-1][data-on=true]").getByText("Genova — Vernissage Bistrot").waitFor();
  await anna.getByTestId("mute-city:lecce").click();
  await bea.locator("[data-testid='strip-city:lecce'][data-muted=true]").waitFor();
  await anna.getByTestId("fader-city:lecce").press("Home");
  await bea.locator("[data-testid='strip-city:lecce'][data-fader='-60']").waitFor();
});

test("a link is made in the console, shown once, and revoked; its page is told", async () => {
  await tab(anna, "people");
  await anna.getByTestId("cohost-name").fill("Luca");
  await anna.getByTestId("add-cohost").click();
  await anna.getByTestId("person-cohost-luca").getByTestId("links").click();
  await anna.getByTestId("make-link").click();
  const url = await anna.getByTestId("new-link").inputValue();
  assert.match(url, new RegExp(`^${regia.url}/call/luca#key=.{16,}$`));
  const call = await browser.newPage(PHONE);
  call.faults = faultsOf(call);
  await call.goto(url);
  await call.getByText("Ciao Luca").waitFor();
  await anna.locator("[data-testid=person-cohost-luca][data-present=true]").waitFor({ state: "attached" });
  await anna.getByTestId("revoke").click();
  await call.locator("[data-testid=wrong-key][data-fault=link-revoked]").waitFor();
  assert.deepEqual(call.faults, []);
  await call.close();
  await anna.keyboard.press("Escape");
});

test("a channel with a code asks for it, once per visit", async () => {
  await regia.ask("PUT", "/api/v1/channels/lecce/code", { code: "musica26" });
  const watch = await browser.newPage(PHONE);
  watch.faults = faultsOf(watch);
  await watch.goto(`${regia.url}/?channel=lecce`);
  await watch.getByTestId("access-code").fill("musica25");
  await watch.getByTestId("access-enter").click();
  await watch.getByTestId("access-wrong").waitFor();
  await watch.getByTestId("access-code").fill("musica26");
  await watch.getByTestId("access-enter").click();
  await watch.locator("[data-testid=player][data-state=playing]").waitFor();
  await watch.getByTestId("tile-program").click();
  await watch.locator("[data-testid=player][data-channel=program]").waitFor();
  await watch.getByTestId("tile-lecce").click();
  await watch.locator("[data-testid=player][data-channel=lecce]").waitFor();
  assert.deepEqual(watch.faults, []);
  await watch.close();
});

test("after kill -9 the same program is on air, and every page is back by itself", async () => {
  await anna.keyboard.press("Shift+Digit3");
  await tallyIs(anna, "milano", "program");
  const was = (await regia.show()).show;
  await regia.end("SIGKILL");
  await anna.getByTestId("link-lost").waitFor();
  await regia.again();
  await Promise.all([linkIs(anna, "up"), linkIs(bea, "up")]);
  await anna.getByTestId("link-lost").waitFor({ state: "detached" });
  await Promise.all([tallyIs(anna, "milano", "program"), leaseIs(anna, "mine"), leaseIs(bea, "other")]);
  await roma.locator("[data-testid=turn][data-acknowledged=true]").waitFor();
  const is = (await regia.show()).show;
  for (const part of ["program", "preview", "keyers", "scenes", "messages", "transition", "canned"]) assert.deepEqual(is[part], was[part], part);
  assert.deepEqual([is.rundown.next, is.rundown.on_air.cue], [was.rundown.next, was.rundown.on_air.cue]);
  assert.ok(is.revision > was.revision, "numbers go on");
  await anna.keyboard.press("Shift+Digit1");
  await Promise.all([tallyIs(anna, "lecce", "program"), tallyIs(bea, "lecce", "program")]);
});

test("an alarm is a bar across the room, in words", async () => {
  const page = await browser.newPage(ITALIAN);
  // A disk that fails is not for a test to make: the server's own words are altered on their way.
  await page.routeWebSocket(/\/api\/v1\/live$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => {
      // Meters are bytes.
      if (typeof text !== "string") return socket.send(text);
      const message = JSON.parse(text);
      if (message.type === "snapshot") message.show.alarms = [{ alarm: "store_failing", error: "disk full" }];
      socket.send(JSON.stringify(message));
    });
  });
  await page.goto(`${regia.url}/console#key=${OPERATOR_KEY}`);
  await page.locator("[data-testid=alarm][data-alarm=store_failing]").getByText("Il disco non scrive").waitFor();
  await page.close();
});

/** What a button of a page saves. */
async function saved(page, testid) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId(testid).click()]);
  return readFileSync(await download.path(), "utf8");
}

test("the rundown goes out as a sheet and comes in again, and undo brings back the old one", async () => {
  await anna.getByTestId("rundown-file").click();
  const sheet = await saved(anna, "export-csv");
  assert.match(sheet, /Musicisti a Roma/);
  assert.equal(JSON.parse(await saved(anna, "export-json")).cues.length, 2);
  const buffer = Buffer.from(sheet.replace("Musicisti a Roma", "Poeti a Roma"));
  await anna.getByTestId("import-file").setInputFiles({ name: "rundown.csv", mimeType: "text/csv", buffer });
  await anna.getByTestId("import").click();
  await anna.getByTestId("imported").waitFor();
  await anna.getByTestId("rundown").getByText("Poeti a Roma").waitFor();
  const broken = { name: "rundown.csv", mimeType: "text/csv", buffer: Buffer.from("colour\nred\n") };
  await anna.getByTestId("import-file").setInputFiles(broken);
  await anna.getByTestId("import").click();
  await anna.getByTestId("rundown-dialog").getByRole("alert").getByText("il foglio non va bene").waitFor();
  await anna.keyboard.press("Escape");
  await anna.keyboard.press("Control+KeyZ");
  await anna.getByTestId("rundown").getByText("Musicisti a Roma").waitFor();
});

test("what happened can be taken away, for people and for editors", async () => {
  await tab(anna, "rules");
  assert.match(await saved(anna, "save-as-run.csv"), /operator:Anna/);
  assert.ok(JSON.parse(await saved(anna, "save-as-run.json")).length > 20);
  assert.match(await saved(anna, "save-program.edl"), /^TITLE:/);
  assert.match(await saved(anna, "save-program.otio"), /OTIO_SCHEMA/);
});

test("who signs out is out", async () => {
  await tab(bea, "rules");
  await bea.getByTestId("sign-out").click();
  await bea.getByTestId("password").waitFor();
  await bea.reload();
  await bea.getByTestId("password").waitFor();
  for (const page of [anna, bea, roma]) assert.deepEqual(page.faults, []);
});
