// Submits tool outputs with github.com/openai/openai-go/v3.
//
//	conformance client [--persistent] -- openai
//
// A stream is iterated over as its documentation does; where none is asked for the run is polled, since the package has
// no helper for that. The client retries as it does by default. A failure is an error that it returns, or an error event
// that it hands over.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"conformance.example/drivers/play"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

var ctx = context.Background()

// plain submits one round's outputs, and polls the run until it stands still.
func plain(client openai.Client, run *openai.Run, asked openai.BetaThreadRunSubmitToolOutputsParams) (*openai.Run, error) {
	run, err := client.Beta.Threads.Runs.SubmitToolOutputs(ctx, run.ThreadID, run.ID, asked)
	for err == nil && (run.Status == "queued" || run.Status == "in_progress" || run.Status == "cancelling") {
		time.Sleep(50 * time.Millisecond)
		run, err = client.Beta.Threads.Runs.Get(ctx, run.ThreadID, run.ID)
	}
	return run, err
}

// streamed submits one round's outputs, and returns the last run of the stream and the text of its messages.
func streamed(client openai.Client, run *openai.Run, asked openai.BetaThreadRunSubmitToolOutputsParams) (*openai.Run, string, error) {
	stream := client.Beta.Threads.Runs.SubmitToolOutputsStreaming(ctx, run.ThreadID, run.ID, asked)
	defer stream.Close()
	last, text := &openai.Run{}, ""
	for stream.Next() {
		event := stream.Current()
		switch name := event.Event; {
		case name == "error":
			return last, text, errors.New(event.AsErrorEvent().Data.Message)
		case name == "thread.message.delta":
			for _, part := range event.AsThreadMessageDelta().Data.Delta.Content {
				text += part.Text.Value
			}
		case strings.HasPrefix(name, "thread.run.") && !strings.HasPrefix(name, "thread.run.step."):
			last = &openai.Run{}
			if err := json.Unmarshal([]byte(event.JSON.Data.Raw()), last); err != nil {
				return last, text, err
			}
		}
	}
	return last, text, stream.Err()
}

// converse answers every round of the run.
func converse(given play.Given) (told play.Told, err error) {
	client := openai.NewClient(option.WithBaseURL(given["OPENAI_BASE_URL"]), option.WithAPIKey(given["OPENAI_API_KEY"]))
	outputs := given.Outputs()
	run, err := client.Beta.Threads.Runs.Get(ctx, given["CONFORMANCE_THREAD_ID"], given["CONFORMANCE_RUN_ID"])
	text := ""
	for err == nil && run.Status == "requires_action" {
		asked := openai.BetaThreadRunSubmitToolOutputsParams{}
		for _, call := range run.RequiredAction.SubmitToolOutputs.ToolCalls {
			asked.ToolOutputs = append(asked.ToolOutputs, openai.BetaThreadRunSubmitToolOutputsParamsToolOutput{
				ToolCallID: openai.String(call.ID), Output: openai.String(outputs[call.ID]),
			})
		}
		if given.Streamed() {
			run, text, err = streamed(client, run, asked)
		} else {
			run, err = plain(client, run, asked)
		}
	}
	if err == nil && !given.Streamed() && run.Status == "completed" {
		text, err = answer(client, run)
	}
	if err != nil {
		return told, err
	}
	return play.Told{Status: string(run.Status), Text: text}, nil
}

// answer is the text of the newest message of a run.
func answer(client openai.Client, run *openai.Run) (text string, err error) {
	newest := openai.BetaThreadMessageListParams{RunID: openai.String(run.ID), Limit: openai.Int(1)}
	page, err := client.Beta.Threads.Messages.List(ctx, run.ThreadID, newest)
	if err != nil {
		return "", err
	}
	for _, message := range page.Data {
		for _, part := range message.Content {
			text += part.Text.Value
		}
	}
	return text, nil
}

func main() { play.Main(converse) }
