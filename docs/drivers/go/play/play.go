// Package play plays the scenarios of the suite with a client library: once for each start, or those that come as lines.
package play

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Given are the variables of a scenario.
type Given map[string]string

// Told is what the user of the library learns of a run: the status that it returned last, and the text of the answer.
type Told struct{ Status, Text string }

// Outputs are the outputs to submit, by call id.
func (given Given) Outputs() (outputs map[string]string) {
	if err := json.Unmarshal([]byte(given["CONFORMANCE_TOOL_OUTPUTS"]), &outputs); err != nil {
		panic(err)
	}
	return outputs
}

// Streamed says whether to submit with a stream.
func (given Given) Streamed() bool { return given["CONFORMANCE_STREAM"] == "true" }

func outcome(converse func(Given) (Told, error), given Given) map[string]any {
	told, err := converse(given)
	said := map[string]any{"text": told.Text}
	if err != nil {
		said = map[string]any{"error": err.Error()}
	} else if told.Status != "" {
		said["status"] = told.Status
	}
	fmt.Println(said)
	return said
}

func exit(said map[string]any) int {
	if _, failed := said["error"]; failed {
		return 1
	}
	return 0
}

// Main answers the run of each scenario with converse.
func Main(converse func(Given) (Told, error)) {
	if os.Getenv("CONFORMANCE_PERSISTENT") != "" {
		scenarios, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
		for given := (Given{}); scenarios.Decode(&given) == nil; given = (Given{}) {
			said := outcome(converse, given)
			said["exit"] = exit(said)
			answers.Encode(said)
		}
		return
	}
	given := Given{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		given[name] = value
	}
	said := outcome(converse, given)
	if path := given["CONFORMANCE_OUTCOME"]; path != "" {
		written, _ := json.Marshal(said)
		os.WriteFile(path, written, 0o644)
	}
	os.Exit(exit(said))
}
