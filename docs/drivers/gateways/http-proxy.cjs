// http-proxy of npm as it should be set: what breaks off on one side is broken off on the other.
const httpProxy = require("http-proxy");

const proxy = httpProxy.createProxyServer({ target: `http://${process.env.CONFORMANCE_UPSTREAM_HOST}` });
proxy.on("proxyReq", (upstream, _request, response) => response.on("close", () => upstream.destroy())); // a client that leaves
proxy.on("proxyRes", (answer, _request, response) => answer.on("aborted", () => response.destroy())); // an upstream that breaks off
proxy.on("error", (_problem, _request, response) => {
  if (!response.headersSent) response.writeHead(502);
  response.end();
});
proxy.listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
