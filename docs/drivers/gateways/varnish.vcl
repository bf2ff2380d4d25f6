# Varnish: submissions are passed, and their answers stream.
vcl 4.1;

backend api {
    .host = "127.0.0.1";
    .port = "9000";
    .between_bytes_timeout = 5s;    # silent seconds; say what you set with --gateway-timeout
}
