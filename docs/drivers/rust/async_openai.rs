//! Submits tool outputs with the `async-openai` crate; 0.41 is its last version with Assistants.
//!
//!     conformance client [--persistent] -- async-openai-driver
//!
//! A stream is iterated over as the crate's example does, and an event of an unknown name, an error of its own kind, is
//! passed over. Where no stream is asked for the run is polled, since the crate has no helper for that. The client retries as
//! it does by default. A failure is an error that it returns, or an error event that it hands over.
#![allow(deprecated)]

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use async_openai::config::OpenAIConfig;
use async_openai::error::{OpenAIError, StreamError};
use async_openai::traits::RequestOptionsBuilder;
use async_openai::types::assistants::{
    AssistantStreamEvent as Event, MessageContent, MessageDeltaContent, RunObject, RunStatus, SubmitToolOutputsRunRequest,
    ToolsOutputs,
};
use async_openai::Client;
use futures::StreamExt;
use serde_json::{json, Value};

type Given = HashMap<String, String>;
type Failure = Box<dyn std::error::Error>;

/// Submits one round's outputs, and polls the run until it stands still.
async fn plain(
    client: &Client<OpenAIConfig>,
    run: &RunObject,
    asked: SubmitToolOutputsRunRequest,
) -> Result<RunObject, Failure> {
    let runs = client.threads().runs(&run.thread_id);
    let mut run = runs.submit_tool_outputs(&run.id, asked).await?;
    while matches!(run.status, RunStatus::Queued | RunStatus::InProgress | RunStatus::Cancelling) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        run = runs.retrieve(&run.id).await?;
    }
    Ok(run)
}

/// Submits one round's outputs, and returns the last run of the stream and the text of its messages.
async fn streamed(
    client: &Client<OpenAIConfig>,
    run: &RunObject,
    asked: SubmitToolOutputsRunRequest,
) -> Result<(Option<RunObject>, String), Failure> {
    let mut stream = client.threads().runs(&run.thread_id).submit_tool_outputs_stream(&run.id, asked).await?;
    let (mut last, mut text) = (None, String::new());
    while let Some(event) = stream.next().await {
        match event {
            Ok(Event::ThreadMessageDelta(message)) => {
                for part in message.delta.content.unwrap_or_default() {
                    if let MessageDeltaContent::Text(part) = part {
                        text += &part.text.and_then(|text| text.value).unwrap_or_default();
                    }
                }
            }
            Ok(Event::ErrorEvent(error)) => return Err(error.message.into()),
            Ok(
                Event::ThreadRunCreated(run)
                | Event::ThreadRunQueued(run)
                | Event::ThreadRunInProgress(run)
                | Event::ThreadRunRequiresAction(run)
                | Event::ThreadRunCompleted(run)
                | Event::ThreadRunIncomplete(run)
                | Event::ThreadRunFailed(run)
                | Event::ThreadRunCancelling(run)
                | Event::ThreadRunCancelled(run)
                | Event::ThreadRunExpired(run),
            ) => last = Some(run),
            Ok(_) => {}
            Err(OpenAIError::StreamError(error)) if matches!(*error, StreamError::UnknownEvent(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok((last, text))
}

/// The text of the newest message of a run.
async fn answer(client: &Client<OpenAIConfig>, run: &RunObject) -> Result<String, Failure> {
    let newest = [("run_id", run.id.as_str()), ("limit", "1")];
    let page = client.threads().messages(&run.thread_id).query(&newest)?.list().await?;
    Ok(page
        .data
        .iter()
        .flat_map(|message| &message.content)
        .map(|part| if let MessageContent::Text(part) = part { part.text.value.as_str() } else { "" })
        .collect())
}

/// Answers every round of the run, and says what the user of the crate is told.
async fn converse(given: &Given) -> Result<Value, Failure> {
    let config = OpenAIConfig::new().with_api_base(&given["OPENAI_BASE_URL"]).with_api_key(&given["OPENAI_API_KEY"]);
    let client = Client::with_config(config);
    let outputs: HashMap<String, String> = serde_json::from_str(&given["CONFORMANCE_TOOL_OUTPUTS"])?;
    let stream = given["CONFORMANCE_STREAM"] == "true";
    let mut run = client.threads().runs(&given["CONFORMANCE_THREAD_ID"]).retrieve(&given["CONFORMANCE_RUN_ID"]).await?;
    let mut text = String::new();
    while let Some(action) = run.required_action.as_ref().filter(|_| run.status == RunStatus::RequiresAction) {
        let answers = action.submit_tool_outputs.tool_calls.iter().map(|call| ToolsOutputs {
            tool_call_id: Some(call.id.clone()),
            output: outputs.get(&call.id).cloned(),
        });
        let asked = SubmitToolOutputsRunRequest { tool_outputs: answers.collect(), stream: None };
        if stream {
            match streamed(&client, &run, asked).await? {
                (Some(last), said) => (run, text) = (last, said),
                (None, said) => return Ok(json!({"text": said})),
            }
        } else {
            run = plain(&client, &run, asked).await?;
        }
    }
    if !stream && run.status == RunStatus::Completed {
        text = answer(&client, &run).await?;
    }
    Ok(json!({"status": run.status, "text": text}))
}

/// What the user of the crate is told in one scenario, or the error that was returned.
async fn outcome(given: &Given) -> Value {
    let said = converse(given).await.unwrap_or_else(|error| json!({"error": error.to_string()}));
    println!("{said}");
    said
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if std::env::var("CONFORMANCE_PERSISTENT").is_ok() {
        for line in std::io::stdin().lines() {
            let given = serde_json::from_str(&line.unwrap()).unwrap();
            let mut said = outcome(&given).await;
            said["exit"] = json!(i32::from(said.get("error").is_some()));
            println!("{said}");
            std::io::stdout().flush().unwrap();
        }
        return;
    }
    let given: Given = std::env::vars().collect();
    let said = outcome(&given).await;
    if let Some(path) = given.get("CONFORMANCE_OUTCOME") {
        std::fs::write(path, said.to_string()).unwrap();
    }
    std::process::exit(i32::from(said.get("error").is_some()));
}
