// A viewer below the decoder: it counts the RTP packets and frames of one channel, so that none can be missed unseen.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BINARY =
  process.env.PACKET_VIEWER ?? fileURLToPath(new URL("../../../target/debug/examples/packet_viewer", import.meta.url));

/**
 * Watches a channel. `report()` tells `{ packets, missing, frames, brokenFrames }` so far; `stop()` ends it and tells the last.
 * @param {string} url Regia's address
 * @param {string} channel
 */
export async function startPacketViewer(url, channel) {
  const child = spawn(BINARY, [`${url}/whep/${channel}`], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const report = async () => {
    child.stdin.write("report\n");
    const { value, done } = await lines.next();
    if (done) throw new Error("the packet viewer ended");
    return JSON.parse(value);
  };
  return {
    report,
    async stop() {
      const last = await report();
      child.stdin.end();
      await new Promise((resolve) => child.once("exit", resolve));
      return last;
    },
  };
}
