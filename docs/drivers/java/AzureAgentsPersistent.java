import com.azure.ai.agents.persistent.MessagesClient;
import com.azure.ai.agents.persistent.PersistentAgentsClient;
import com.azure.ai.agents.persistent.PersistentAgentsClientBuilder;
import com.azure.ai.agents.persistent.RunsClient;
import com.azure.ai.agents.persistent.models.ListSortOrder;
import com.azure.ai.agents.persistent.models.MessageDeltaTextContent;
import com.azure.ai.agents.persistent.models.MessageTextContent;
import com.azure.ai.agents.persistent.models.RunStatus;
import com.azure.ai.agents.persistent.models.StreamMessageUpdate;
import com.azure.ai.agents.persistent.models.StreamRequiredAction;
import com.azure.ai.agents.persistent.models.StreamThreadRunCreation;
import com.azure.ai.agents.persistent.models.SubmitToolOutputsAction;
import com.azure.ai.agents.persistent.models.ThreadRun;
import com.azure.ai.agents.persistent.models.ToolOutput;
import com.azure.core.credential.AccessToken;
import com.azure.core.http.HttpClient;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/**
 * Submits tool outputs with com.azure:azure-ai-agents-persistent.
 *
 * <p>conformance client --azure --persistent -- java -cp 'classes:lib/*' AzureAgentsPersistent
 *
 * <p>A stream is read as its documentation does; where none is asked for the run is polled, as there too. The client retries
 * as it does by default. A failure is what it throws. It sends tokens over HTTPS only: the last step makes that HTTP.
 */
final class AzureAgentsPersistent {
    static final Set<RunStatus> MOVING = Set.of(RunStatus.QUEUED, RunStatus.IN_PROGRESS, RunStatus.CANCELLING);

    final RunsClient runs;
    final MessagesClient messages;
    ThreadRun run;
    StringBuilder text = new StringBuilder();

    AzureAgentsPersistent(PersistentAgentsClient client) {
        runs = client.getRunsClient();
        messages = client.getMessagesClient();
    }

    /** Submits one round's outputs, and polls the run until it stands still. */
    void plain(List<ToolOutput> answers) throws InterruptedException {
        run = runs.submitToolOutputsToRun(run.getThreadId(), run.getId(), answers);
        while (MOVING.contains(run.getStatus())) {
            Thread.sleep(50);
            run = runs.getRun(run.getThreadId(), run.getId());
        }
    }

    /** Submits one round's outputs, and keeps the last run of the stream and the text of its messages. */
    void streamed(List<ToolOutput> answers) {
        ThreadRun asking = run;
        run = null;
        text = new StringBuilder();
        runs.submitToolOutputsToRunStreaming(asking.getThreadId(), asking.getId(), answers).forEach(update -> {
            if (update instanceof StreamMessageUpdate) {
                ((StreamMessageUpdate) update).getMessage().getDelta().getContent().forEach(part -> {
                    if (part instanceof MessageDeltaTextContent) {
                        text.append(((MessageDeltaTextContent) part).getText().getValue());
                    }
                });
            } else if (update instanceof StreamThreadRunCreation) {
                run = ((StreamThreadRunCreation) update).getMessage();
            } else if (update instanceof StreamRequiredAction) {
                run = ((StreamRequiredAction) update).getMessage();
            }
        });
    }

    /** The text of the newest message of the run. */
    String answer() {
        return messages.listMessages(run.getThreadId(), run.getId(), 1, ListSortOrder.DESCENDING, null, null).stream()
            .limit(1)
            .flatMap(message -> message.getContent().stream())
            .filter(part -> part instanceof MessageTextContent)
            .map(part -> ((MessageTextContent) part).getText().getValue())
            .collect(Collectors.joining());
    }

    /** Answers every round of the run. */
    Play.Told converse(Map<String, String> given) throws Exception {
        Map<String, String> outputs = Play.outputs(given);
        run = runs.getRun(given.get("CONFORMANCE_THREAD_ID"), given.get("CONFORMANCE_RUN_ID"));
        while (run != null && run.getRequiredAction() instanceof SubmitToolOutputsAction) {
            List<ToolOutput> answers = ((SubmitToolOutputsAction) run.getRequiredAction())
                .getSubmitToolOutputs().getToolCalls().stream()
                .map(call -> new ToolOutput().setToolCallId(call.getId()).setOutput(outputs.get(call.getId())))
                .collect(Collectors.toList());
            if (Play.streamed(given)) {
                streamed(answers);
            } else {
                plain(answers);
            }
        }
        if (!Play.streamed(given) && run.getStatus().equals(RunStatus.COMPLETED)) {
            text.append(answer());
        }
        return new Play.Told(run == null ? null : run.getStatus().toString(), text.toString());
    }

    static PersistentAgentsClient client(Map<String, String> given) {
        HttpClient real = HttpClient.createDefault();
        AccessToken key = new AccessToken(given.get("AZURE_OPENAI_API_KEY"), OffsetDateTime.MAX);
        return new PersistentAgentsClientBuilder()
            .endpoint(given.get("AZURE_OPENAI_ENDPOINT").replaceFirst("^http:", "https:"))
            .credential(request -> Mono.just(key))
            .httpClient(request -> real.send(request.setUrl(request.getUrl().toString().replaceFirst("^https:", "http:"))))
            .buildClient();
    }

    public static void main(String[] words) throws Exception {
        Play.main(given -> new AzureAgentsPersistent(client(given)).converse(given));
    }
}
