// Submits tool outputs with Go's standard library (run with 1.26).
//
//	conformance client -- go run docs/drivers/smallest/client.go
//	conformance client --persistent -- go run docs/drivers/smallest/client.go
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

type content []struct {
	Type string
	Text struct{ Value string }
}

type run struct {
	ID             string
	Status         string
	RequiredAction struct {
		SubmitToolOutputs struct {
			ToolCalls []struct{ ID string } `json:"tool_calls"`
		} `json:"submit_tool_outputs"`
	} `json:"required_action"`
}

type outcome struct {
	Exit   int    `json:"exit"`
	Status string `json:"status,omitempty"`
	Text   string `json:"text,omitempty"`
	Error  string `json:"error,omitempty"`
}

func (r run) moving() bool {
	return r.Status == "queued" || r.Status == "in_progress" || r.Status == "cancelling"
}

func (c content) text() string {
	var said strings.Builder
	for _, part := range c {
		said.WriteString(part.Text.Value)
	}
	return said.String()
}

// lines splits at LF, CR and CRLF; a CR at the end of what has come may be half of a CRLF.
func lines(data []byte, atEOF bool) (int, []byte, error) {
	end := bytes.IndexAny(data, "\r\n")
	switch {
	case end < 0 || (data[end] == '\r' && end+1 == len(data) && !atEOF):
		return 0, nil, nil
	case data[end] == '\r' && end+1 < len(data) && data[end+1] == '\n':
		return end + 2, data[:end], nil
	}
	return end + 1, data[:end], nil
}

// listen returns the run and the text of a stream, and an error where it breaks off.
func listen(body io.Reader) (last run, text string, err error) {
	scanner := bufio.NewScanner(body)
	scanner.Buffer(nil, 16<<20)
	scanner.Split(lines)
	var name string
	var data []string
	for first := true; scanner.Scan(); first = false {
		line := scanner.Text()
		if first {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		field, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimPrefix(value, " "); {
		case line == "" && len(data) > 0:
			joined := strings.Join(data, "\n")
			if joined == "[DONE]" {
				return last, text, nil
			}
			if err = take(name, joined, &last, &text); err != nil {
				return last, text, err
			}
			name, data = "", nil
		case line == "":
			name = ""
		case field == "event":
			name = value
		case field == "data":
			data = append(data, value)
		}
	}
	if scanner.Err() != nil {
		return last, text, scanner.Err()
	}
	if last.Status == "" || last.moving() {
		return last, text, errors.New("the stream ended before the run did")
	}
	return last, text, nil
}

func take(name, data string, last *run, text *string) error {
	switch {
	case name == "error":
		return errors.New(data)
	case name == "thread.message.delta":
		var piece struct{ Delta struct{ Content content } }
		err := json.Unmarshal([]byte(data), &piece)
		*text += piece.Delta.Content.text()
		return err
	case strings.HasPrefix(name, "thread.run.") && !strings.HasPrefix(name, "thread.run.step."):
		*last = run{}
		return json.Unmarshal([]byte(data), last)
	}
	return nil
}

func ask(given map[string]string, url string, body any) (*http.Response, error) {
	method, sent := "GET", []byte(nil)
	if body != nil {
		method = "POST"
		sent, _ = json.Marshal(body)
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(sent))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+given["OPENAI_API_KEY"])
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("OpenAI-Beta", "assistants=v2")
	answer, err := http.DefaultClient.Do(request)
	if err == nil && answer.StatusCode >= 300 {
		said, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		return nil, fmt.Errorf("answered %s: %s", answer.Status, said)
	}
	return answer, err
}

func document(given map[string]string, url string, body, into any) error {
	answer, err := ask(given, url, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(into)
}

// drive answers every round of the run, and returns what became of it.
func drive(given map[string]string) (last run, text string, err error) {
	thread := given["OPENAI_BASE_URL"] + "/threads/" + given["CONFORMANCE_THREAD_ID"]
	path := thread + "/runs/" + given["CONFORMANCE_RUN_ID"]
	streamed := given["CONFORMANCE_STREAM"] == "true"
	var outputs map[string]string
	if err = json.Unmarshal([]byte(given["CONFORMANCE_TOOL_OUTPUTS"]), &outputs); err != nil {
		return last, text, err
	}
	if err = document(given, path, nil, &last); err != nil {
		return last, text, err
	}
	for last.Status == "requires_action" {
		items := []map[string]string{}
		for _, call := range last.RequiredAction.SubmitToolOutputs.ToolCalls {
			items = append(items, map[string]string{"tool_call_id": call.ID, "output": outputs[call.ID]})
		}
		body := map[string]any{"tool_outputs": items}
		last = run{}
		if streamed {
			body["stream"] = true
			last, text, err = submit(given, path, body)
		} else {
			err = document(given, path+"/submit_tool_outputs", body, &last)
		}
		for err == nil && last.moving() {
			time.Sleep(50 * time.Millisecond)
			last = run{}
			err = document(given, path, nil, &last)
		}
		if err != nil {
			return last, text, err
		}
	}
	if !streamed && last.Status == "completed" {
		var messages struct{ Data []struct{ Content content } }
		if err = document(given, thread+"/messages?run_id="+last.ID, nil, &messages); err == nil && len(messages.Data) > 0 {
			text = messages.Data[0].Content.text()
		}
	}
	return last, text, err
}

func submit(given map[string]string, path string, body any) (run, string, error) {
	answer, err := ask(given, path+"/submit_tool_outputs", body)
	if err != nil {
		return run{}, "", err
	}
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		return run{}, "", fmt.Errorf("a stream was asked for, and %s came", kind)
	}
	return listen(answer.Body)
}

func outcomeOf(given map[string]string) outcome {
	last, text, err := drive(given)
	if err != nil {
		return outcome{Exit: 1, Error: err.Error()}
	}
	return outcome{Status: last.Status, Text: text}
}

func main() {
	if os.Getenv("CONFORMANCE_PERSISTENT") != "" {
		scenarios, outcomes := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
		for given := map[string]string{}; scenarios.Decode(&given) == nil; given = map[string]string{} {
			outcomes.Encode(outcomeOf(given))
		}
		return
	}
	given := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		given[name] = value
	}
	said := outcomeOf(given)
	written, _ := json.Marshal(map[string]string{"status": said.Status, "text": said.Text})
	if said.Exit != 0 {
		written, _ = json.Marshal(map[string]string{"error": said.Error})
	}
	os.WriteFile(os.Getenv("CONFORMANCE_OUTCOME"), written, 0o644)
	os.Exit(said.Exit)
}
