// `regia demo`: a whole evening in one process with its cities.
import { regia } from "./process.js";
import { until } from "./wait.js";

/** Starts a demo; `watch` and `console` are the addresses that it prints, `show()` asks it for the show. */
export async function startDemo(cities) {
  const demo = regia(["demo", "--cities", String(cities), "--http", "127.0.0.1:0"]);
  let over = null;
  demo.ended.then((how) => (over = how));
  const address = (word) => demo.lines.map((line) => line.match(new RegExp(`${word}\\s+(http:\\S+)`))?.[1]).find(Boolean);
  await until("the demo has said where its pages are, or has ended", () => address("console") || over);
  if (over !== null) throw new Error(`the demo ended with ${over.code ?? over.signal}:\n${demo.errors.join("\n")}`);
  const console_ = address("console");
  const headers = { Authorization: `Bearer ${console_.split("#key=")[1]}` };
  return {
    ...demo,
    watch: address("watch"),
    console: console_,
    show: async () => (await (await fetch(new URL("/api/v1/show", console_), { headers })).json()).show,
  };
}
