// Serves the app that `current` points at, as a web server on a host would: node web-server.mjs ROOT PORT
import { realpathSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [root = ".", port = "0"] = process.argv.slice(2);

/** The app of the release that is live now. The link is resolved once for each request, so that none mixes two releases. */
async function liveApp() {
  const release = realpathSync(join(root, "current"));
  return import(pathToFileURL(join(release, "app.mjs")).href);
}

const server = createServer(async (request, response) => {
  try {
    const { respond } = await liveApp();
    const [status, type, body] = respond(new URL(request.url ?? "/", "http://localhost").pathname);
    response.writeHead(status, { "content-type": type }).end(body);
  } catch (error) {
    response
      .writeHead(503, { "content-type": "text/plain" })
      .end(`nothing is live here yet: ${error.message}\n`);
  }
});

server.listen(Number(port), "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
