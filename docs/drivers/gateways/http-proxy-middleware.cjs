// http-proxy-middleware of npm: what its page shows.
const express = require("express");
const { createProxyMiddleware } = require("http-proxy-middleware");

const app = express();
app.use(createProxyMiddleware({ target: `http://${process.env.CONFORMANCE_UPSTREAM_HOST}` }));
app.listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
