// express-http-proxy of npm: what its page shows.
const express = require("express");
const proxy = require("express-http-proxy");

const app = express();
app.use(proxy(`http://${process.env.CONFORMANCE_UPSTREAM_HOST}`, { limit: "8mb" })); // outputs of 512 KB, as escapes
app.listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
