// A city that costs little: `regia publish` with a small card of its own colour and tone.
import { cityKey } from "./regia.js";
import { regia } from "./process.js";

/**
 * Starts a city's publisher. `vanish()` is a broken line: no goodbye. `leave()` says goodbye.
 * @param {string} url Regia's address
 * @param {string} id the city
 */
export function publisher(url, id) {
  const format = ["--size", "640x360", "--fps", "15", "--bitrate", "500", "--listen", "127.0.0.1"];
  const child = regia(["publish", `${url}/whip/${id}`, "--pattern", id, ...format], {
    env: { REGIA_BEARER: cityKey(id), RUST_LOG: "warn" },
  });
  const end = (signal) => {
    child.kill(signal);
    return child.ended;
  };
  return { vanish: () => end("SIGKILL"), leave: () => end("SIGINT") };
}
