// The commands as somebody types them: the demo lives and ends whole, the doctor judges, serve refuses what is wrong.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startDemo } from "./support/demo.js";
import { ran, REPOSITORY } from "./support/process.js";
import { until } from "./support/wait.js";

let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), "regia-demo-"))));
after(() => rmSync(folder, { recursive: true }));

/** The processes that a process has started, by their ids. */
const childrenOf = (pid) =>
  readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" "))
    .filter(Boolean)
    .map(Number);

/** Whether a process runs: one that has ended and waits for its parent to notice does not. */
function runs(pid) {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function liveDemo() {
  const demo = await startDemo(2);
  await until("both cities are live", () => demo.show(), ({ cities }) => cities.every(({ state }) => state.state === "live"));
  return { demo, publishers: childrenOf(demo.pid) };
}

test("a demo has its cities live, and Ctrl-C ends it in order with nobody left", async () => {
  const { demo, publishers } = await liveDemo();
  assert.equal(publishers.length, 2);
  assert.equal((await fetch(demo.watch)).status, 200);
  assert.equal((await fetch(demo.console)).status, 200);
  demo.kill("SIGINT");
  assert.deepEqual(await demo.ended, { code: 0, signal: null });
  assert.deepEqual(publishers.filter(runs), []);
});

test("a demo that is killed leaves no publisher behind", async () => {
  const { demo, publishers } = await liveDemo();
  assert.equal(publishers.length, 2);
  demo.kill("SIGKILL");
  await until("the publishers have ended too", () => publishers.filter(runs), (left) => left.length === 0, 20);
});

test("the doctor finds that this machine can go on air", async () => {
  const example = readFileSync(join(REPOSITORY, "regia.example.toml"), "utf8");
  const config = join(folder, "doctor.toml");
  writeFileSync(config, example.replaceAll("change-me", "changed").replace("0.0.0.0:8080", "127.0.0.1:0"));
  const { code, out } = await ran(["doctor", "--config", config]);
  assert.equal(code, 0, out);
  assert.match(out, /^ok {4}GStreamer 1\./m);
  assert.match(out, /^ok {4}the pages are in the binary$/m);
});

test("serve refuses the example's keys, names them, and says what makes a good one", async () => {
  const { code, err } = await ran(["serve", "--config", join(REPOSITORY, "regia.example.toml")]);
  assert.equal(code, 1);
  assert.match(err, /keys are still the example's.*operator.*lecce.*openssl rand -hex 16/);
});

test("serve tells file and line of what is wrong, and what was needed", async () => {
  const config = join(folder, "regia.toml");
  const refusal = async (text) => {
    writeFileSync(config, text);
    const { code, err } = await ran(["serve"], { cwd: folder });
    assert.equal(code, 1);
    return err;
  };
  assert.match(await refusal('[event]\ntitle = "Prova"\ncolour = "red"\n'), /regia\.toml:3:1: .*colour/);
  assert.match(await refusal("[program]\nfps = 500\n"), /regia\.toml:2:7: .*5 to 60 is needed, 500 arrived/);
  rmSync(config);
  const { code, err } = await ran(["serve"], { cwd: folder });
  assert.equal(code, 1);
  assert.match(err, /there is no regia\.toml: copy the example/);
});
