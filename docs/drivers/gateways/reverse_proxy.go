// The reverse proxy of Go's standard library, as its documentation shows.
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	upstream := &url.URL{Scheme: "http", Host: os.Getenv("CONFORMANCE_UPSTREAM_HOST")}
	proxy := &httputil.ReverseProxy{Rewrite: func(request *httputil.ProxyRequest) { request.SetURL(upstream) }}
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", proxy))
}
