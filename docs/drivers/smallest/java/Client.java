// Submits tool outputs with Java's own HTTP client, and Gson to read JSON (run with 17 and Gson 2.11).
//
//   conformance client -- java -cp gson.jar docs/drivers/smallest/java/Client.java
//   conformance client --persistent -- java -cp gson.jar docs/drivers/smallest/java/Client.java

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

public class Client {
    static final Set<String> MOVING = Set.of("queued", "in_progress", "cancelling");
    static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    final Map<String, String> given;
    final String thread;
    final String path;
    JsonObject run;
    String text;

    Client(Map<String, String> given) {
        this.given = given;
        thread = given.get("OPENAI_BASE_URL") + "/threads/" + given.get("CONFORMANCE_THREAD_ID");
        path = thread + "/runs/" + given.get("CONFORMANCE_RUN_ID");
    }

    HttpResponse<InputStream> ask(String url, JsonObject body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
            .header("Authorization", "Bearer " + given.get("OPENAI_API_KEY"))
            .header("Content-Type", "application/json")
            .header("OpenAI-Beta", "assistants=v2");
        if (body != null) {
            request.POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        }
        HttpResponse<InputStream> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        if (answer.statusCode() >= 300) {
            throw new IOException("answered " + answer.statusCode() + ": " + read(answer));
        }
        return answer;
    }

    static String read(HttpResponse<InputStream> answer) throws IOException {
        return new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
    }

    static JsonObject object(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }

    static String textOf(JsonArray parts) {
        StringBuilder said = new StringBuilder();
        for (JsonElement part : parts) {
            JsonObject text = part.getAsJsonObject().getAsJsonObject("text");
            if (text != null && text.has("value")) {
                said.append(text.get("value").getAsString());
            }
        }
        return said.toString();
    }

    String status() {
        return run == null ? "" : run.get("status").getAsString();
    }

    boolean moving() {
        return run == null || MOVING.contains(status());
    }

    /** Reads events up to done; BufferedReader knows the three ends of lines. */
    void listen(InputStream body) throws IOException {
        run = null;
        StringBuilder said = new StringBuilder();
        String name = "";
        String data = null;
        boolean first = true;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                line = first && line.startsWith("\ufeff") ? line.substring(1) : line;
                first = false;
                String[] parts = line.split(":", 2);
                String value = parts.length < 2 ? "" : parts[1].startsWith(" ") ? parts[1].substring(1) : parts[1];
                if (line.isEmpty()) {
                    if (data != null && take(name, data, said)) {
                        text = said.toString();
                        return;
                    }
                    name = "";
                    data = null;
                } else if (parts[0].equals("event")) {
                    name = value;
                } else if (parts[0].equals("data")) {
                    data = data == null ? value : data + "\n" + value;
                }
            }
        }
        if (moving()) {
            throw new IOException("the stream ended before the run did");
        }
        text = said.toString();
    }

    /** Whether the event was the last one. */
    boolean take(String name, String data, StringBuilder said) throws IOException {
        if (data.equals("[DONE]")) {
            return true;
        }
        if (name.equals("error")) {
            throw new IOException(data);
        }
        if (name.equals("thread.message.delta")) {
            said.append(textOf(object(data).getAsJsonObject("delta").getAsJsonArray("content")));
        } else if (name.startsWith("thread.run.") && !name.startsWith("thread.run.step.")) {
            run = object(data);
        }
        return false;
    }

    /** Answers every round of the run, and says what became of it. */
    JsonObject drive() throws IOException, InterruptedException {
        JsonObject outputs = object(given.get("CONFORMANCE_TOOL_OUTPUTS"));
        boolean streamed = given.get("CONFORMANCE_STREAM").equals("true");
        run = object(read(ask(path, null)));
        while (status().equals("requires_action")) {
            JsonArray items = new JsonArray();
            for (JsonElement call : run.getAsJsonObject("required_action").getAsJsonObject("submit_tool_outputs").getAsJsonArray("tool_calls")) {
                String id = call.getAsJsonObject().get("id").getAsString();
                JsonObject item = new JsonObject();
                item.addProperty("tool_call_id", id);
                item.add("output", outputs.get(id));
                items.add(item);
            }
            JsonObject body = new JsonObject();
            body.add("tool_outputs", items);
            if (streamed) {
                body.addProperty("stream", true);
            }
            HttpResponse<InputStream> answer = ask(path + "/submit_tool_outputs", body);
            String type = answer.headers().firstValue("Content-Type").orElse("nothing");
            if (streamed && !type.startsWith("text/event-stream")) {
                throw new IOException("a stream was asked for, and " + type + " came");
            }
            if (streamed) {
                listen(answer.body());
            } else {
                run = object(read(answer));
            }
            while (moving()) {
                Thread.sleep(50);
                run = object(read(ask(path, null)));
            }
        }
        if (text == null && status().equals("completed")) {
            JsonObject messages = object(read(ask(thread + "/messages?run_id=" + run.get("id").getAsString(), null)));
            text = textOf(messages.getAsJsonArray("data").get(0).getAsJsonObject().getAsJsonArray("content"));
        }
        JsonObject said = new JsonObject();
        said.addProperty("status", status());
        if (text != null) {
            said.addProperty("text", text);
        }
        return said;
    }

    static JsonObject outcome(Map<String, String> given) {
        try {
            return new Client(given).drive();
        } catch (Exception thrown) {
            JsonObject said = new JsonObject();
            said.addProperty("error", thrown.toString());
            return said;
        }
    }

    @SuppressWarnings("unchecked")
    public static void main(String[] words) throws IOException {
        if (System.getenv("CONFORMANCE_PERSISTENT") != null) {
            BufferedReader scenarios = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = scenarios.readLine(); line != null; line = scenarios.readLine()) {
                JsonObject said = outcome(new Gson().fromJson(line, Map.class));
                said.addProperty("exit", said.has("error") ? 1 : 0);
                System.out.println(said);
            }
            return;
        }
        JsonObject said = outcome(System.getenv());
        Files.writeString(Path.of(System.getenv("CONFORMANCE_OUTCOME")), said.toString());
        System.exit(said.has("error") ? 1 : 0);
    }
}
