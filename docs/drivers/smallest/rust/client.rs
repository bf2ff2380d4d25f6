//! Submits tool outputs with ureq and serde_json (run with Rust 1.95).
//!
//!     cargo build --release --manifest-path docs/drivers/smallest/rust/Cargo.toml
//!     conformance client -- docs/drivers/smallest/rust/target/release/client
//!     conformance client --persistent -- docs/drivers/smallest/rust/target/release/client

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::{env, fs, io, process, thread, time::Duration};

use serde_json::{json, Value};

type Given = HashMap<String, String>;
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn moving(run: &Value) -> bool {
    matches!(run["status"].as_str(), None | Some("queued" | "in_progress" | "cancelling"))
}

fn text_of(parts: &Value) -> String {
    let parts = parts.as_array().into_iter().flatten();
    parts.filter_map(|part| part["text"]["value"].as_str()).collect()
}

/// The next line of a stream without its end, which is LF, CR or both; None where there is no whole one.
fn line(stream: &mut impl BufRead, after_cr: &mut bool) -> io::Result<Option<String>> {
    let mut read = Vec::new();
    loop {
        let piece = stream.fill_buf()?;
        if piece.is_empty() {
            return Ok(None);
        }
        if std::mem::take(after_cr) && piece[0] == b'\n' {
            stream.consume(1);
            continue;
        }
        if let Some(end) = piece.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
            *after_cr = piece[end] == b'\r';
            read.extend_from_slice(&piece[..end]);
            stream.consume(end + 1);
            return Ok(Some(String::from_utf8_lossy(&read).into_owned()));
        }
        read.extend_from_slice(piece);
        let length = piece.len();
        stream.consume(length);
    }
}

/// The run and the text of a stream; an error where it breaks off.
fn listen(body: impl Read) -> Result<(Value, String)> {
    let mut stream = BufReader::new(body);
    let (mut run, mut text, mut after_cr, mut first) = (Value::Null, String::new(), false, true);
    let (mut name, mut data) = (String::new(), Vec::new());
    while let Some(read) = line(&mut stream, &mut after_cr)? {
        let read = if std::mem::take(&mut first) { read.trim_start_matches('\u{feff}') } else { read.as_str() };
        let (field, value) = read.split_once(':').unwrap_or((read, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if read.is_empty() => {
                let (event, joined) = (std::mem::take(&mut name), std::mem::take(&mut data).join("\n"));
                if joined == "[DONE]" {
                    return Ok((run, text));
                }
                take(&event, &joined, &mut run, &mut text)?;
            }
            "event" => name = value.to_owned(),
            "data" => data.push(value.to_owned()),
            _ => {}
        }
    }
    if moving(&run) {
        return Err("the stream ended before the run did".into());
    }
    Ok((run, text))
}

fn take(name: &str, data: &str, run: &mut Value, text: &mut String) -> Result<()> {
    if data.is_empty() {
        return Ok(());
    }
    if name == "error" {
        return Err(data.into());
    }
    if name == "thread.message.delta" {
        text.push_str(&text_of(&serde_json::from_str::<Value>(data)?["delta"]["content"]));
    } else if name.starts_with("thread.run.") && !name.starts_with("thread.run.step.") {
        *run = serde_json::from_str(data)?;
    }
    Ok(())
}

fn ask(given: &Given, url: &str, body: Option<Value>) -> Result<ureq::Response> {
    let request = ureq::request(if body.is_some() { "POST" } else { "GET" }, url)
        .set("Authorization", &format!("Bearer {}", given["OPENAI_API_KEY"]))
        .set("Content-Type", "application/json")
        .set("OpenAI-Beta", "assistants=v2");
    let answer = match body {
        Some(body) => request.send_bytes(body.to_string().as_bytes()),
        None => request.call(),
    };
    answer.map_err(|error| match error {
        ureq::Error::Status(status, answer) => {
            format!("answered {status}: {}", answer.into_string().unwrap_or_default()).into()
        }
        other => other.into(),
    })
}

fn document(given: &Given, url: &str, body: Option<Value>) -> Result<Value> {
    Ok(serde_json::from_reader(ask(given, url, body)?.into_reader())?)
}

/// Answers every round of the run, and says what became of it.
fn drive(given: &Given) -> Result<Value> {
    let thread_url = format!("{}/threads/{}", given["OPENAI_BASE_URL"], given["CONFORMANCE_THREAD_ID"]);
    let path = format!("{thread_url}/runs/{}", given["CONFORMANCE_RUN_ID"]);
    let outputs: Value = serde_json::from_str(&given["CONFORMANCE_TOOL_OUTPUTS"])?;
    let streamed = given["CONFORMANCE_STREAM"] == "true";
    let (mut run, mut text) = (document(given, &path, None)?, None);
    while run["status"] == "requires_action" {
        let calls = run["required_action"]["submit_tool_outputs"]["tool_calls"].as_array().cloned().unwrap_or_default();
        let items: Vec<Value> = calls
            .iter()
            .filter_map(|call| call["id"].as_str())
            .map(|id| json!({"tool_call_id": id, "output": outputs[id]}))
            .collect();
        let submit = format!("{path}/submit_tool_outputs");
        if streamed {
            let answer = ask(given, &submit, Some(json!({"tool_outputs": items, "stream": true})))?;
            if answer.content_type() != "text/event-stream" {
                return Err(format!("a stream was asked for, and {} came", answer.content_type()).into());
            }
            let (last, said) = listen(answer.into_reader())?;
            (run, text) = (last, Some(said));
        } else {
            run = document(given, &submit, Some(json!({"tool_outputs": items})))?;
        }
        while moving(&run) {
            thread::sleep(Duration::from_millis(50));
            run = document(given, &path, None)?;
        }
    }
    if text.is_none() && run["status"] == "completed" {
        let id = run["id"].as_str().unwrap_or_default();
        let messages = document(given, &format!("{thread_url}/messages?run_id={id}"), None)?;
        text = Some(text_of(&messages["data"][0]["content"]));
    }
    let mut said = json!({"status": run["status"]});
    if let Some(text) = text {
        said["text"] = text.into();
    }
    Ok(said)
}

fn outcome(given: &Given) -> Value {
    drive(given).unwrap_or_else(|error| json!({"error": error.to_string()}))
}

fn main() -> Result<()> {
    if env::var_os("CONFORMANCE_PERSISTENT").is_some() {
        for line in io::stdin().lock().lines() {
            let mut said = outcome(&serde_json::from_str(&line?)?);
            said["exit"] = i32::from(said.get("error").is_some()).into();
            println!("{said}");
            io::stdout().flush()?;
        }
        return Ok(());
    }
    let said = outcome(&env::vars().collect());
    fs::write(env::var("CONFORMANCE_OUTCOME")?, said.to_string())?;
    process::exit(i32::from(said.get("error").is_some()))
}
