// Serves an OpenAPI document with openapi-backend's own mocks; what refuses is ours, in the form of the API.
//
// node openapi_backend.mjs openapi.json 4015
import { readFileSync } from "node:fs";
import http from "node:http";
import { OpenAPIBackend } from "openapi-backend";

const [document, port] = process.argv.slice(2);
const answer = (response, status, body) =>
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
const refuse = (response, status, message) =>
  answer(response, status, { error: { message, type: "invalid_request_error", param: null, code: null } });
const api = new OpenAPIBackend({ definition: JSON.parse(readFileSync(document, "utf8")), strict: false });
api.register({
  validationFail: (c, _, response) => refuse(response, 400, JSON.stringify(c.validation.errors)),
  notFound: (_, __, response) => refuse(response, 404, "not found"),
  methodNotAllowed: (_, __, response) => refuse(response, 405, "method not allowed"),
  notImplemented: (c, _, response) => {
    const { status, mock } = c.api.mockResponseForOperation(c.operation.operationId);
    return answer(response, status, mock);
  },
});
await api.init();
http
  .createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const path = request.url.split("?")[0];
    const query = request.url.split("?")[1] ?? "";
    await api.handleRequest({ method: request.method, path, query, body, headers: request.headers }, request, response);
  })
  .listen(Number(port), "127.0.0.1");
