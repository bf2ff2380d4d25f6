// Submits tool outputs with github.com/sashabaranov/go-openai, which offers no stream for this operation.
//
//	conformance client [--persistent] -k plain -- sashabaranov
//
// The run is polled, since the package has no helper for that. A failure is an error that it returns.
package main

import (
	"context"
	"time"

	"conformance.example/drivers/play"
	"github.com/sashabaranov/go-openai"
)

var ctx = context.Background()

// submit submits one round's outputs, and polls the run until it stands still.
func submit(client *openai.Client, run openai.Run, asked openai.SubmitToolOutputsRequest) (openai.Run, error) {
	run, err := client.SubmitToolOutputs(ctx, run.ThreadID, run.ID, asked)
	for err == nil && (run.Status == openai.RunStatusQueued || run.Status == openai.RunStatusInProgress || run.Status == openai.RunStatusCancelling) {
		time.Sleep(50 * time.Millisecond)
		run, err = client.RetrieveRun(ctx, run.ThreadID, run.ID)
	}
	return run, err
}

// converse answers every round of the run.
func converse(given play.Given) (told play.Told, err error) {
	config := openai.DefaultConfig(given["OPENAI_API_KEY"])
	config.BaseURL = given["OPENAI_BASE_URL"]
	client := openai.NewClientWithConfig(config)
	outputs := given.Outputs()
	run, err := client.RetrieveRun(ctx, given["CONFORMANCE_THREAD_ID"], given["CONFORMANCE_RUN_ID"])
	for err == nil && run.Status == openai.RunStatusRequiresAction {
		asked := openai.SubmitToolOutputsRequest{}
		for _, call := range run.RequiredAction.SubmitToolOutputs.ToolCalls {
			asked.ToolOutputs = append(asked.ToolOutputs, openai.ToolOutput{ToolCallID: call.ID, Output: outputs[call.ID]})
		}
		run, err = submit(client, run, asked)
	}
	if err != nil {
		return told, err
	}
	told.Status = string(run.Status)
	if run.Status == openai.RunStatusCompleted {
		told.Text, err = answer(client, run)
	}
	return told, err
}

// answer is the text of the newest message of a run.
func answer(client *openai.Client, run openai.Run) (text string, err error) {
	one := 1
	page, err := client.ListMessage(ctx, run.ThreadID, &one, nil, nil, nil, &run.ID)
	for _, message := range page.Messages {
		for _, part := range message.Content {
			if part.Text != nil {
				text += part.Text.Value
			}
		}
	}
	return text, err
}

func main() { play.Main(converse) }
