// Serves an OpenAPI document with @scalar/mock-server, as its README shows.
//
// node scalar_server.mjs openapi.json 4013
import { readFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { createMockServer } from "@scalar/mock-server";

const [document, port] = process.argv.slice(2);
const app = await createMockServer({ specification: JSON.parse(readFileSync(document, "utf8")) });
serve({ fetch: app.fetch, port: Number(port), hostname: "127.0.0.1" });
