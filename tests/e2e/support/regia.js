// A real server on free loopback ports, with its own config in its own folder.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { regia } from "./process.js";
import { until } from "./wait.js";

const CITIES = { lecce: "Lecce", roma: "Roma", milano: "Milano" };

export const OPERATOR_KEY = "operator-key-of-the-test";
export const cityKey = (id) => `key-of-${id}-for-the-test`;

/** Starts Regia; `url` is its address, `stop()` ends it in order and fails if it does not end well. */
export async function startRegia({ address = "127.0.0.1:0" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "regia-e2e-"));
  const config = join(folder, "regia.toml");
  writeFileSync(config, configText(address));
  const server = regia(["serve", "--config", config], { env: { RUST_LOG: process.env.RUST_LOG ?? "info" } });
  const { ended, errors: log } = server;
  let over = null;
  ended.then((how) => (over = how));
  const found = () => server.lines.map((line) => line.match(/watch\s+(http:\S+?)\/?$/)?.[1]).find(Boolean);
  const url = await until("regia has said where its pages are, or has ended", () => found() ?? over);
  if (over !== null) throw new Error(`regia did not start:\n${log.join("\n")}`);
  return {
    url,
    log,
    show: async () => (await fetch(`${url}/api/v1/show`, auth(OPERATOR_KEY))).json(),
    /** Asks the show for something, as an operator. */
    async command(command) {
      const { headers } = auth(OPERATOR_KEY);
      const body = JSON.stringify({ command });
      const type = { "Content-Type": "application/json" };
      const answer = await fetch(`${url}/api/v1/commands`, { method: "POST", headers: { ...headers, ...type }, body });
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    },
    /** Stops it in its tracks, as a machine does that hangs; `thaw` lets it go on. */
    freeze: () => server.kill("SIGSTOP"),
    thaw: () => server.kill("SIGCONT"),
    async stop() {
      server.kill("SIGINT");
      const { code, signal } = await ended;
      rmSync(folder, { recursive: true });
      if (code !== 0) throw new Error(`regia ended with ${code ?? signal}:\n${log.slice(-20).join("\n")}`);
    },
  };
}

const auth = (key) => ({ headers: { Authorization: `Bearer ${key}` } });

function configText(address) {
  const cities = Object.entries(CITIES)
    .map(([id, name]) => `[[city]]\nid = "${id}"\nname = "${name}"\nkey = "${cityKey(id)}"\n`)
    .join("");
  return `
[event]
title = "Prova"
[http]
listen = "${address}"
[operator]
key = "${OPERATOR_KEY}"
[program]
width = 640
height = 360
fps = 15
[contribution]
listen = ["127.0.0.1"]
[viewers]
listen = ["127.0.0.1"]
port = 0
${cities}`;
}
