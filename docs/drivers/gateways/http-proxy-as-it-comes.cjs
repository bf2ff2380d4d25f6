// http-proxy of npm: what its page shows, with the handler without which the first failure ends the process.
const httpProxy = require("http-proxy");

const proxy = httpProxy.createProxyServer({ target: `http://${process.env.CONFORMANCE_UPSTREAM_HOST}` });
proxy.on("error", (_problem, _request, response) => {
  if (!response.headersSent) response.writeHead(502);
  response.end();
});
proxy.listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
