// http-proxy-3 of npm, a fork that Vite uses: what its page shows, with a handler for failures.
const { createProxyServer } = require("http-proxy-3");

const proxy = createProxyServer({ target: `http://${process.env.CONFORMANCE_UPSTREAM_HOST}` });
proxy.on("error", (_problem, _request, response) => {
  if (!response.headersSent) response.writeHead(502);
  response.end();
});
proxy.listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
