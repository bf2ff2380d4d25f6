// @fastify/http-proxy of npm: what its page shows.
const fastify = require("fastify")({ bodyLimit: 8_000_000 }); // outputs of 512 KB, written as escapes

fastify.register(require("@fastify/http-proxy"), { upstream: `http://${process.env.CONFORMANCE_UPSTREAM_HOST}` });
fastify.listen({ port: Number(process.env.PORT ?? 8080), host: "127.0.0.1" });
