// Regia's other commands as processes of their own. None outlives the test, also when the test ends badly.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
export const BINARY = process.env.REGIA_BINARY ?? `${REPOSITORY}target/debug/regia`;

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/**
 * Starts `regia` with these arguments. `lines` and `errors` grow as it speaks; `ended` tells `{ code, signal }`, and `silent`
 * that nobody can speak for it any more, neither itself nor a child.
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, input?: string }} [how] `input` is all that it reads
 */
export function regia(args, { cwd, env, input } = {}) {
  const stdin = input === undefined ? "ignore" : "pipe";
  const child = spawn(BINARY, args, { cwd, env: { ...process.env, ...env }, stdio: [stdin, "pipe", "pipe"] });
  child.stdin?.end(input);
  running.add(child);
  const [lines, errors] = [[], []];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => {
    errors.push(line);
    if (process.env.REGIA_LOG) console.error(line);
  });
  const ended = new Promise((resolve) =>
    child.once("exit", (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    }),
  );
  const silent = new Promise((resolve) => child.once("close", resolve));
  return { pid: child.pid, lines, errors, ended, silent, kill: (signal) => child.kill(signal) };
}

/** Runs `regia` to its end and tells how it ended and what it said. */
export async function ran(args, how) {
  const { lines, errors, ended, silent } = regia(args, how);
  await silent;
  return { ...(await ended), out: lines.join("\n"), err: errors.join("\n") };
}
