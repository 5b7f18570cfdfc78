// A real server on free loopback ports, with its own config in its own folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ran, regia } from "./process.js";
import { until } from "./wait.js";

const CITIES = { lecce: "Lecce", roma: "Roma", milano: "Milano" };

export const OPERATOR_KEY = "operator-key-of-the-test";
export const cityKey = (id) => `key-of-${id}-for-the-test`;

/**
 * Starts Regia; `url` is its address, `stop()` ends it in order and fails if it does not end well. `operators` may sign in:
 * their passwords by their names. `music` fills the folder of its music.
 * @param {{ operators?: Record<string, string>, music?: (folder: string) => void }} [how]
 */
export async function startRegia({ operators = {}, music } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "regia-e2e-"));
  if (music) {
    mkdirSync(join(folder, "media", "music"), { recursive: true });
    music(join(folder, "media", "music"));
  }
  const config = join(folder, "regia.toml");
  writeFileSync(config, configText("127.0.0.1:0"));
  for (const [name, password] of Object.entries(operators)) {
    const { code, err } = await ran(["admin", "add-operator", name, "--config", config], { input: `${password}\n` });
    if (code !== 0) throw new Error(`${name} was not added: ${err}`);
  }
  let { server, url } = await serve(config);

  const ask = async (method, path, body) => {
    const headers = { Authorization: `Bearer ${OPERATOR_KEY}`, "Content-Type": "application/json" };
    const answer = await fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}: ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  return {
    url,
    get log() {
      return server.errors;
    },
    show: () => ask("GET", "/api/v1/show"),
    /** Asks the house for something, with the operator's key. */
    ask,
    /** Asks the show for something, as an operator. */
    command: (command) => ask("POST", "/api/v1/commands", { command }),
    /** Makes a link, for `cities/roma` or `cohosts/luca`, and tells its address. */
    link: async (holder) => (await ask("POST", `/api/v1/${holder}/links`, {})).url,
    /** Stops it in its tracks, as a machine does that hangs; `thaw` lets it go on. */
    freeze: () => server.kill("SIGSTOP"),
    thaw: () => server.kill("SIGCONT"),
    /** Ends it, with `SIGKILL` without a goodbye; `again` starts it at the same place with the same store. */
    async end(signal = "SIGINT") {
      server.kill(signal);
      await server.ended;
    },
    async again() {
      writeFileSync(config, configText(new URL(url).host));
      ({ server } = await serve(config));
    },
    async stop() {
      server.kill("SIGINT");
      const { code, signal } = await server.ended;
      rmSync(folder, { recursive: true });
      if (code !== 0) throw new Error(`regia ended with ${code ?? signal}:\n${server.errors.slice(-20).join("\n")}`);
    },
  };
}

async function serve(config) {
  const server = regia(["serve", "--config", config], { env: { RUST_LOG: process.env.RUST_LOG ?? "info" } });
  let over = null;
  server.ended.then((how) => (over = how));
  const found = () => server.lines.map((line) => line.match(/watch\s+(http:\S+?)\/?$/)?.[1]).find(Boolean);
  const url = await until("regia has said where its pages are, or has ended", () => found() ?? over);
  if (over !== null) throw new Error(`regia did not start:\n${server.errors.join("\n")}`);
  return { server, url };
}

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
