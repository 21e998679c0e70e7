// walkerOS with one destination that does nothing, behind node:http: what another gateway of this kind costs when it
// stores nothing. `node server.mjs PORT`; GET /count says how many events reached the destination.
import { createServer } from "node:http";
import { startFlow } from "@walkeros/collector";

let reached = 0;
const nothing = { type: "null", config: {}, push: () => void (reached += 1) };
const { collector } = await startFlow({ consent: { functional: true }, destinations: { nothing: { code: nothing } } });

createServer((request, response) => {
  if (request.method !== "POST") return response.end(String(reached));
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    const hit = JSON.parse(Buffer.concat(parts).toString());
    await collector.push({
      name: hit.event.replace("_", " "),
      data: { ...hit.fields, ...hit.values, title: hit.title },
      user: { id: hit.values?.account_id, device: hit.page },
      context: { url: [hit.url, 0], referrer: [hit.referrer, 0] },
    });
    response.writeHead(204).end();
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
