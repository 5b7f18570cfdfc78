// The director's picture by hand, in a real browser against a real server: the T-bar, transitions, free boxes, keyers, further
// sources, black, what warns before a take, and what comes back by itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.js";
import { LOOKS, coloursOf, plays } from "./support/look.js";
import { publisher } from "./support/publisher.js";
import { startRegia } from "./support/regia.js";
import { enter, stateIs, tallyIs } from "./support/room.js";
import { until } from "./support/wait.js";

/** How the show behaves in these tests: no double press, nothing guarded. */
const SETTINGS = { double_press_ms: 0, lease: { after_s: 30, then: { kind: "hold" } }, guard: { after_s: 0 }, fade_ms: 200 };
const isBlack = (rgb) => Math.max(...rgb) < 20;
/** Whether two colours are the same, as far as an encoder leaves them. */
const alike = (a, b) => a.every((part, n) => Math.abs(part - b[n]) < 25);
const { lecce: isLecce, roma: isRoma } = LOOKS;

let regia, cities, browser, page;

before(async () => {
  [regia, browser] = await Promise.all([startRegia(), launch()]);
  cities = { lecce: publisher(regia.url, "lecce"), roma: publisher(regia.url, "roma") };
  await regia.command({ type: "set_settings", settings: SETTINGS });
  page = await enter(browser, regia.url);
  await Promise.all([stateIs(page, "lecce", "live"), stateIs(page, "roma", "live")]);
});

after(async () => {
  await browser?.close();
  await Promise.all([cities?.lecce.leave(), cities?.roma.leave()]);
  await regia?.stop();
});

const show = async () => (await regia.show()).show;
const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
const running = (is) => page.locator(`[data-testid=transition][data-running=${is}]`).waitFor();
const tab = (name) => page.getByTestId(`tab-${name}`).click();
/** Takes the focus off everything, so that keys are the page's. */
const blur = () => page.evaluate(() => document.activeElement?.blur());

/** Lecce on air, Roma in preview, nothing running. */
async function begin() {
  await regia.command({ type: "cut_to", source: "city:lecce" });
  await regia.command({ type: "set_preview", source: "city:roma" });
  await Promise.all([tallyIs(page, "lecce", "program"), tallyIs(page, "roma", "preview"), running(false)]);
  await blur();
}

/** Chooses a kind of transition that takes 3 s. */
async function choose(kind) {
  await page.getByTestId(`kind-${kind}`).click();
  await page.locator(`[data-testid=kind-${kind}][aria-pressed=true]`).waitFor();
  await page.getByTestId("duration").press("End");
  await until("it takes 3 s", async () => (await show()).transition.duration_ms, (ms) => ms === 3000);
  await blur();
}

/** The colours of Lecce's and Roma's cards, as their tiles play them. */
const cards = () => Promise.all(["lecce", "roma"].map(async (id) => (await coloursOf(page, `[data-testid=tile-player-${id}] video`, [[0.5, 0.7]]))[0]));

/** Program at points of its picture, in parts of its width and height: between the cards' letters and their moving ball. */
const program = (...points) => coloursOf(page, "[data-testid=program-player] video", points);

test("the T-bar goes forth and back by the keyboard: half-way both are on air, and back at 0 nothing has changed", async () => {
  await begin();
  await choose("mix");
  await press("t");
  for (let n = 0; n < 5; n++) await press("PageUp");
  await running(true);
  await Promise.all([tallyIs(page, "roma", "program"), tallyIs(page, "lecce", "program")]);
  await until("it is held where the hand has it", async () => (await show()).running?.progress, (is) => is?.kind === "hand" && is.done === 500);
  await page.getByTestId("auto").getByText("va avanti da sola").waitFor();
  await press("Home");
  await running(false);
  await Promise.all([tallyIs(page, "lecce", "program"), tallyIs(page, "roma", "preview")]);
  await press("End");
  await Promise.all([tallyIs(page, "roma", "program"), tallyIs(page, "lecce", "preview"), running(false)]);
  await until("the bar is down again", () => page.getByTestId("t-bar").inputValue(), (value) => value === "0");
  await press("Escape", "Space");
  await tallyIs(page, "lecce", "program");
});

test("the T-bar under a mouse sends at most twenty places a second, and the last one", async () => {
  await begin();
  const sent = [];
  const note = (request) => request.url().endsWith("/commands") && sent.push({ at: Date.now(), ...request.postDataJSON().command });
  page.on("request", note);
  const { x, y, width, height } = await page.getByTestId("t-bar").boundingBox();
  const at = (part) => [x + width / 2, y + height - 9 - part * (height - 18)];
  await page.mouse.move(...at(0));
  await page.mouse.down();
  const began = Date.now();
  for (let n = 1; n <= 120; n++) await page.mouse.move(...at((0.7 * n) / 120));
  const took = Date.now() - began;
  await until("the show holds the last place", async () => (await show()).running?.progress?.done, (done) => Math.abs(done - 700) <= 20);
  await page.mouse.up();
  page.off("request", note);
  assert.ok(sent.length <= took / 50 + 3, `${sent.length} commands in ${took} ms`);
  assert.ok(sent.every(({ type }) => type === "set_t_bar"));
  await page.keyboard.press("Enter");
  await running(false);
  await tallyIs(page, "roma", "program");
});

test("while a transition runs by itself the T-bar is refused with a word, and snaps back to where the show is", async () => {
  await begin();
  await choose("mix");
  await press("Enter");
  await running(true);
  await press("t", "PageUp");
  await page.locator("[data-testid=problem][data-code=transition-running]").waitFor();
  await running(false);
  await until("the bar is down again", () => page.getByTestId("t-bar").inputValue(), (value) => value === "0");
  await page.getByTestId("problem").getByRole("button").first().click();
});

test("half-way on the T-bar program is a mix of both", async () => {
  await begin();
  await plays(page, "program-player", "lecce");
  const [lecce, roma] = await cards();
  await choose("mix");
  await regia.command({ type: "set_t_bar", position: 500 });
  const middle = lecce.map((part, n) => (part + roma[n]) / 2);
  await until("program is between them", () => program([0.5, 0.7]), ([rgb]) => alike(rgb, middle));
  await regia.command({ type: "set_t_bar", position: 0 });
});

test("a wipe is chosen by its drawing and taken: half-way both are seen, each on its side", async () => {
  await begin();
  await choose("wipe");
  await page.getByTestId("pattern-right").click();
  await page.getByTestId("softness").press("Home");
  await until("it is set", async () => (await show()).transition, ({ pattern, softness }) => pattern === "right" && softness === 0);
  await blur();
  const [lecce, roma] = await cards();
  await regia.command({ type: "set_t_bar", position: 500 });
  await until("Roma comes from the left", () => program([0.1, 0.7], [0.9, 0.7]), ([left, right]) => alike(left, roma) && alike(right, lecce));
  await press("Enter");
  await running(false);
  await tallyIs(page, "roma", "program");
  await plays(page, "program-player", "roma");
});

test("a free layout is composed by hand, put in preview and taken", async () => {
  await begin();
  await press("c");
  await page.getByTestId("layout-free").click();
  const stage = await page.getByTestId("stage").boundingBox();
  const box = await page.getByTestId("box-1").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 - stage.height / 4, { steps: 4 });
  await page.mouse.up();
  assert.equal(await page.getByTestId("box-y").inputValue(), "0");
  await page.getByTestId("box-1").press("Shift+ArrowDown");
  await page.getByTestId("box-1").press("ArrowLeft");
  await page.getByTestId("handle-1").press("ArrowRight");
  await page.getByTestId("crop-left").fill("100");
  await page.getByTestId("border-width").press("ArrowRight");
  await page.getByTestId("add-box").click();
  await page.getByTestId("box-source").selectOption("bars");
  await page.getByTestId("box-backward").click();
  await page.getByTestId("compose-preview").click();
  await page.getByTestId("compose-dialog").waitFor({ state: "hidden" });
  const { boxes } = await until("it is in preview", async () => (await show()).preview, (preview) => preview.boxes.length === 3);
  assert.deepEqual(boxes.map(({ source }) => source), ["city:lecce", "bars", "city:roma"]);
  assert.deepEqual(boxes[2], {
    source: "city:roma",
    place: { x: 490, y: 50, width: 510, height: 500 },
    crop: { left: 100, top: 0, right: 0, bottom: 0 },
    border: { width: 1, colour: "#ffffff" },
  });
  await page.getByTestId("preview-caption").getByText("Lecce + Barre + Roma").waitFor();
  await press("Space");
  await until("it is on air", async () => (await show()).program, (program) => program.boxes.length === 3);
  await Promise.all([tallyIs(page, "lecce", "program"), tallyIs(page, "roma", "program")]);
});

test("program shows the boxes where they were placed", async () => {
  await regia.command({
    type: "compose",
    composition: {
      layout: "free",
      boxes: [
        { source: "city:lecce", place: { x: 0, y: 0, width: 500, height: 500 } },
        { source: "city:roma", place: { x: 500, y: 500, width: 500, height: 500 } },
      ],
    },
  });
  await regia.command({ type: "cut" });
  const points = [[0.05, 0.34], [0.55, 0.84], [0.75, 0.25]];
  await until("each stands in its corner", () => program(...points), ([lecce, roma, none]) => isLecce(lecce) && isRoma(roma) && isBlack(none));
});

test("bars go from the sources to preview, in green and in words, and to program with Shift", async () => {
  await begin();
  await tab("media");
  await page.getByTestId("media-bars").click();
  await page.locator("[data-testid=media-bars][data-tally=preview]").getByText("Anteprima").waitFor();
  await page.getByTestId("preview-caption").getByText("Barre").waitFor();
  await page.getByTestId("media-colour:#ffffff").click({ modifiers: ["Shift"] });
  await page.locator("[data-testid='media-colour:#ffffff'][data-tally=program]").waitFor();
  await page.locator("[data-testid=media-bars][data-tally=preview]").waitFor();
  await tab("scenes");
});

test("two keyers are on air at once, each by its key, and two consoles see it", async () => {
  await begin();
  await tab("graphics");
  const contents = [["lower-third", { title: "Anna Rossi", subtitle: "Roma" }], ["ticker", { text: "Domani alle 21 a Lecce" }]];
  for (const [at, [template, fields]] of contents.entries()) {
    const keyer = `keyer-${at + 1}`;
    if (at > 0) await page.getByTestId(`${keyer}-edit`).click();
    await page.getByTestId(`${keyer}-template`).selectOption(template);
    for (const [field, text] of Object.entries(fields)) await page.getByTestId(`${keyer}-${field}`).fill(text);
    await page.getByTestId(`${keyer}-set`).click();
    await until("it is prepared", async () => (await show()).keyers[at].graphic?.template, (is) => is === template);
  }
  await blur();
  await press("q", "w");
  await until("both are on", async () => (await show()).keyers.map(({ on }) => on), (on) => on.join() === "true,true,false,false");
  const other = await enter(browser, regia.url);
  await other.getByTestId("tab-graphics").click();
  for (const keyer of [1, 2]) await other.locator(`[data-testid=keyer-${keyer}][data-on=true]`).getByText("In onda", { exact: true }).waitFor();
  await other.close();
  await press("q");
  await page.locator("[data-testid=keyer-1][data-on=false]").waitFor();
  await page.locator("[data-testid=keyer-2][data-on=true]").waitFor();
  await press("w");
  await tab("scenes");
});

test("black latches with two keys, says so, and program is black until it is called back", async () => {
  await begin();
  await plays(page, "program-player", "lecce");
  await press("Shift+KeyB");
  await page.locator("[data-testid=ftb][aria-pressed=true]").getByText("È nero").waitFor();
  await page.getByTestId("program-black").getByText("È nero").waitFor();
  await until("program is black", () => program([0.5, 0.5], [0.2, 0.8]), (points) => points.every(isBlack));
  await press("Shift+KeyB");
  await page.locator("[data-testid=ftb][aria-pressed=false]").waitFor();
  await page.getByTestId("program-black").waitFor({ state: "detached" });
  await plays(page, "program-player", "lecce");
});

test("a source that does not come in warns in preview's head and on the take, and is refused if that is set", async () => {
  await begin();
  await press("Digit3");
  await page.getByTestId("preview-trouble").getByText("Milano: non arriva").waitFor();
  await page.getByTestId("auto").getByText("Milano non arriva").waitFor();
  await tab("rules");
  await page.getByTestId("readiness").selectOption("refuse");
  await page.getByTestId("rules-save").click();
  await until("it is set", async () => (await show()).settings.readiness, (rule) => rule === "refuse");
  await blur();
  await press("Space");
  await page.locator("[data-testid=problem][data-code=not-ready]").getByText("una sorgente non è pronta").waitFor();
  await tallyIs(page, "lecce", "program");
  await page.getByTestId("problem").getByRole("button").first().click();
  await regia.command({ type: "set_settings", settings: SETTINGS });
  await tab("scenes");
});

test("a scene that closes up gives a lost city's room to the others, and takes it back by itself", async () => {
  await begin();
  await press("c");
  await page.getByTestId("layout-side_by_side").click();
  await page.getByTestId("when-lost-close_up").click();
  await page.getByTestId("compose-name").fill("Si stringe");
  await page.getByTestId("compose-keep").click();
  await page.locator("li").getByText("Si stringe").waitFor();
  const { scene } = (await show()).scenes.at(-1);
  assert.equal(scene.composition.when_lost, "close_up");
  await page.getByTestId(`scene-${scene.id}`).getByTestId("recall-program").click();
  const points = [[0.1, 0.59], [0.9, 0.59], [0.1, 0.1]];
  const bothAreSeen = ([lecce, roma, none]) => isLecce(lecce) && isRoma(roma) && isBlack(none);
  await until("both are seen", () => program(...points), bothAreSeen);
  await cities.roma.vanish();
  await stateIs(page, "roma", "lost");
  await until("Lecce has the whole picture", () => program(...points), (all) => all.every(isLecce));
  cities.roma = publisher(regia.url, "roma");
  await stateIs(page, "roma", "live");
  await until("both are seen again", () => program(...points), bothAreSeen);
});

test("program that loses all its sources is guarded: a banner says what comes back, and it comes back", async () => {
  await begin();
  await regia.command({ type: "set_settings", settings: { ...SETTINGS, guard: { after_s: 1 } } });
  await cities.lecce.vanish();
  await page.locator("[data-testid=alarm][data-alarm=program_guarded]").waitFor();
  await page.getByTestId("guarded").getByText("Torna da sola quando arriva: Lecce.").waitFor();
  await page.locator("[data-testid=tile-slate][data-tally=program]").waitFor();
  cities.lecce = publisher(regia.url, "lecce");
  await tallyIs(page, "lecce", "program");
  await page.getByTestId("alarm").waitFor({ state: "detached" });
  await tab("journal");
  await page.getByTestId("journal").getByText("di riserva per Lecce").waitFor();
  await regia.command({ type: "set_settings", settings: SETTINGS });
});

test("preview's monitor plays what a take will show, and follows it", async () => {
  await begin();
  await regia.command({ type: "set_preview", source: "bars" });
  await page.locator("[data-testid=preview-player][data-channel=preview]").waitFor();
  await until("the bars are seen", () => coloursOf(page, "[data-testid=preview-player] video", [[0.19, 0.3]]), ([[r, g, b]]) => r > 120 && g > 120 && b < 90);
});

test("the multiview plays in the place of the desk, and alone if the machine is weak", async () => {
  await press("m");
  await page.locator("[data-testid=multiview-player][data-state=playing]").waitFor();
  await page.getByTestId("multiview-alone").check();
  await page.getByTestId("tile-player-lecce").waitFor({ state: "detached" });
  await page.getByTestId("multiview-alone").uncheck();
  await plays(page, "tile-player-lecce", "lecce");
  await press("m");
  await page.getByTestId("desk").waitFor();
});

test("nothing failed in the page on the way", () => {
  assert.deepEqual(page.faults, []);
});
