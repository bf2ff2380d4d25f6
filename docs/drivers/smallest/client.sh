#!/bin/sh
# Submits tool outputs with curl and jq (run with curl 7.88, jq 1.6 and dash).
#
#   conformance client -- sh docs/drivers/smallest/client.sh
#
# Started once a scenario: there is little that could stay started.
set -u
thread=$OPENAI_BASE_URL/threads/$CONFORMANCE_THREAD_ID
path=$thread/runs/$CONFORMANCE_RUN_ID
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

fail() {
  jq --null-input --arg error "$1" '{error: $error}' >"$CONFORMANCE_OUTCOME"
  exit 1
}

# Puts the body into the file and prints the content type.
ask() {
  curl --silent --show-error --max-time 20 --output "$answer" --write-out '%{http_code} %{content_type}' \
    --header "Authorization: Bearer $OPENAI_API_KEY" --header 'Content-Type: application/json' \
    --header 'OpenAI-Beta: assistants=v2' "$@"
}

get() {
  said=$(ask "$1") || fail "no answer: $said"
  case $said in 2*) ;; *) fail "answered $said: $(head -c 500 "$answer")" ;; esac
}

# The events of a stream, a JSON object each: name and data. The suite's streams hold no NUL.
events() {
  LC_ALL=C sed '1s/^\xef\xbb\xbf//' "$answer" | tr '\r' '\001' | LC_ALL=C sed 's/\x01$//; s/\x01/\n/g' |
    jq --raw-input --null-input --compact-output '
      foreach (inputs, "") as $line ({data: []};
        if $line == "" then {name, data: [], event: (if .data == [] then null else {name, data: (.data | join("\n"))} end)} | del(.name)
        else ($line | capture("^(?<field>[^:]*):? ?(?<value>.*)$"; "m")) as $one | .event = null |
          if $one.field == "event" then .name = $one.value elif $one.field == "data" then .data += [$one.value] else . end
        end; .event // empty)'
}

# The run and the text of a stream, or an error.
listen() {
  events | jq --slurp '
    def document: .data | fromjson;
    def moving: . == null or . == "queued" or . == "in_progress" or . == "cancelling";
    (map(.data == "[DONE]") | index(true)) as $done | .[:$done] |
    (map(select(.name // "" | test("^thread\\.run\\.(?!step\\.)")) | document) | last) as $run |
    (map(select(.name == "error").data) | first) as $error |
    {run: $run, text: (map(select(.name == "thread.message.delta") | document | .delta.content[].text.value // "") | add // ""),
     error: ($error // (if $done == null and ($run.status | moving) then "the stream ended before the run did" else null end))}'
}

get "$path"
run=$(cat "$answer")
text=
while [ "$(printf %s "$run" | jq --raw-output .status)" = requires_action ]; do
  body=$(printf %s "$run" | jq --compact-output --argjson outputs "$CONFORMANCE_TOOL_OUTPUTS" --argjson stream "$CONFORMANCE_STREAM" '
    {tool_outputs: [.required_action.submit_tool_outputs.tool_calls[] | {tool_call_id: .id, output: $outputs[.id]}]}
    + (if $stream then {stream: true} else {} end)')
  said=$(ask --data-binary "$body" "$path/submit_tool_outputs") && broken= || broken=yes
  case $said in
    2*text/event-stream*) ;;
    2*) [ "$CONFORMANCE_STREAM" = false ] && [ -z "$broken" ] || fail "a stream was asked for, and $said came" ;;
    *) fail "answered $said: $(head -c 500 "$answer")" ;;
  esac
  if [ "$CONFORMANCE_STREAM" = true ]; then
    told=$(listen) || fail "the stream cannot be read"
    error=$(printf %s "$told" | jq --raw-output '.error // empty')
    [ -z "$error" ] || fail "$error"
    run=$(printf %s "$told" | jq --compact-output .run)
    text=$(printf %s "$told" | jq --compact-output .text)
  else
    run=$(cat "$answer")
  fi
  while printf %s "$run" | jq --exit-status '.status | IN("queued", "in_progress", "cancelling")' >/dev/null; do
    sleep 0.05
    get "$path"
    run=$(cat "$answer")
  done
done
if [ -z "$text" ] && printf %s "$run" | jq --exit-status '.status == "completed"' >/dev/null; then
  get "$thread/messages?run_id=$CONFORMANCE_RUN_ID"
  text=$(jq --compact-output '[.data[0].content[].text.value // ""] | add' "$answer")
fi
printf %s "$run" | jq --argjson text "${text:-null}" '{status} + (if $text == null then {} else {text: $text} end)' >"$CONFORMANCE_OUTCOME"
