import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.beta.assistants.AssistantStreamEvent;
import com.openai.models.beta.threads.messages.MessageListParams;
import com.openai.models.beta.threads.runs.Run;
import com.openai.models.beta.threads.runs.RunRetrieveParams;
import com.openai.models.beta.threads.runs.RunStatus;
import com.openai.models.beta.threads.runs.RunSubmitToolOutputsParams;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Submits tool outputs with com.openai:openai-java.
 *
 * <p>conformance client --persistent -- java -cp 'classes:lib/*' OpenaiJava
 *
 * <p>A stream is read as its documentation does; where none is asked for the run is polled, since the package has no helper
 * for that. The client retries as it does by default. A failure is what it throws, or an error event that it hands over.
 */
final class OpenaiJava {
    static final Set<RunStatus> MOVING = Set.of(RunStatus.QUEUED, RunStatus.IN_PROGRESS, RunStatus.CANCELLING);

    final OpenAIClient client;
    Run run;
    StringBuilder text = new StringBuilder();

    OpenaiJava(OpenAIClient client) {
        this.client = client;
    }

    /** Submits one round's outputs, and polls the run until it stands still. */
    void plain(RunSubmitToolOutputsParams asked) throws InterruptedException {
        run = client.beta().threads().runs().submitToolOutputs(asked);
        while (MOVING.contains(run.status())) {
            Thread.sleep(50);
            run = retrieve(run.threadId(), run.id());
        }
    }

    /** Submits one round's outputs, and keeps the last run of the stream and the text of its messages. */
    void streamed(RunSubmitToolOutputsParams asked) {
        run = null;
        text = new StringBuilder();
        try (StreamResponse<AssistantStreamEvent> stream = client.beta().threads().runs().submitToolOutputsStreaming(asked)) {
            stream.stream().forEach(event -> {
                event.errorEvent().ifPresent(error -> {
                    throw new IllegalStateException(error.data().message());
                });
                event.threadMessageDelta().flatMap(delta -> delta.data().delta().content()).ifPresent(parts -> parts.forEach(
                    part -> part.text().flatMap(said -> said.text()).flatMap(said -> said.value()).ifPresent(text::append)));
                runOf(event).ifPresent(last -> run = last);
            });
        }
    }

    static Optional<Run> runOf(AssistantStreamEvent event) {
        return Stream.of(
                event.threadRunCreated().map(moved -> moved.data()),
                event.threadRunQueued().map(moved -> moved.data()),
                event.threadRunInProgress().map(moved -> moved.data()),
                event.threadRunRequiresAction().map(moved -> moved.data()),
                event.threadRunCompleted().map(moved -> moved.data()),
                event.threadRunIncomplete().map(moved -> moved.data()),
                event.threadRunFailed().map(moved -> moved.data()),
                event.threadRunCancelling().map(moved -> moved.data()),
                event.threadRunCancelled().map(moved -> moved.data()),
                event.threadRunExpired().map(moved -> moved.data()))
            .flatMap(Optional::stream)
            .findFirst();
    }

    Run retrieve(String thread, String id) {
        return client.beta().threads().runs().retrieve(RunRetrieveParams.builder().threadId(thread).runId(id).build());
    }

    /** The text of the newest message of the run. */
    String answer() {
        MessageListParams newest = MessageListParams.builder().threadId(run.threadId()).runId(run.id()).limit(1).build();
        return client.beta().threads().messages().list(newest).data().stream()
            .flatMap(message -> message.content().stream())
            .flatMap(part -> part.text().stream())
            .map(part -> part.text().value())
            .collect(Collectors.joining());
    }

    /** Answers every round of the run. */
    Play.Told converse(Map<String, String> given) throws Exception {
        Map<String, String> outputs = Play.outputs(given);
        run = retrieve(given.get("CONFORMANCE_THREAD_ID"), given.get("CONFORMANCE_RUN_ID"));
        while (run != null && run.status().equals(RunStatus.REQUIRES_ACTION)) {
            RunSubmitToolOutputsParams.Builder asked =
                RunSubmitToolOutputsParams.builder().threadId(run.threadId()).runId(run.id());
            run.requiredAction().orElseThrow().submitToolOutputs().toolCalls().forEach(call -> asked.addToolOutput(
                RunSubmitToolOutputsParams.ToolOutput.builder().toolCallId(call.id()).output(outputs.get(call.id())).build()));
            if (Play.streamed(given)) {
                streamed(asked.build());
            } else {
                plain(asked.build());
            }
        }
        if (!Play.streamed(given) && run.status().equals(RunStatus.COMPLETED)) {
            text.append(answer());
        }
        return new Play.Told(run == null ? null : run.status().asString(), text.toString());
    }

    public static void main(String[] words) throws Exception {
        Play.main(given -> {
            OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(given.get("OPENAI_BASE_URL")).apiKey(given.get("OPENAI_API_KEY")).build();
            try {
                return new OpenaiJava(client).converse(given);
            } finally {
                client.close();
            }
        });
    }
}
