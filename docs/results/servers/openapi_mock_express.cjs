// Serves an OpenAPI document with openapi-mock-express-middleware, as its README shows.
//
// node openapi_mock_express.cjs openapi.json 4018
const express = require("express");
const { createMockMiddleware } = require("openapi-mock-express-middleware");

const [document, port] = process.argv.slice(2);
const app = express();
app.use("/v1", createMockMiddleware({ spec: document }));
app.listen(Number(port), "127.0.0.1");
