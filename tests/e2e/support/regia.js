// A real server on free loopback ports, with its own config in its own folder.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

const BINARY = process.env.REGIA_BINARY ?? fileURLToPath(new URL("../../../target/debug/regia", import.meta.url));

const CITIES = { lecce: "Lecce", roma: "Roma", milano: "Milano" };

export const OPERATOR_KEY = "operator-key-of-the-test";
export const cityKey = (id) => `key-of-${id}-for-the-test`;

/** Starts Regia; `url` is its address, `stop()` ends it in order and fails if it does not end well. */
export async function startRegia({ address = "127.0.0.1:0" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "regia-e2e-"));
  const config = join(folder, "regia.toml");
  writeFileSync(config, configText(address));
  const child = spawn(BINARY, ["serve", "--config", config], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, RUST_LOG: process.env.RUST_LOG ?? "info" },
  });
  const log = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    log.push(line);
    if (process.env.REGIA_LOG) console.error(line);
  });
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = line.match(/watch\s+(http:\S+?)\/?$/);
      if (found) resolve(found[1]);
    });
    ended.then(() => reject(new Error(`regia did not start:\n${log.join("\n")}`)));
  });
  return {
    url,
    log,
    show: async () => (await fetch(`${url}/api/v1/show`, auth(OPERATOR_KEY))).json(),
    async stop() {
      child.kill("SIGINT");
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
