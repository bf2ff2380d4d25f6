import io.github.sashirestela.cleverclient.Event;
import io.github.sashirestela.openai.SimpleOpenAI;
import io.github.sashirestela.openai.common.PageRequest;
import io.github.sashirestela.openai.common.content.ContentPart;
import io.github.sashirestela.openai.domain.assistant.ThreadMessageDelta;
import io.github.sashirestela.openai.domain.assistant.ThreadRun;
import io.github.sashirestela.openai.domain.assistant.ThreadRun.RunStatus;
import io.github.sashirestela.openai.domain.assistant.ThreadRunSubmitOutputRequest;
import io.github.sashirestela.openai.domain.assistant.ThreadRunSubmitOutputRequest.ToolOutput;
import io.github.sashirestela.openai.domain.assistant.events.EventName;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Submits tool outputs with io.github.sashirestela:simple-openai.
 *
 * <p>conformance client --persistent -- java -cp 'classes:lib/*' SimpleOpenai
 *
 * <p>A stream is read as its documentation does; where none is asked for its own submitToolOutputAndPoll polls. A failure is
 * what it throws, or an error event that it hands over.
 */
final class SimpleOpenai {
    final SimpleOpenAI client;
    ThreadRun run;
    StringBuilder text = new StringBuilder();

    SimpleOpenai(SimpleOpenAI client) {
        this.client = client;
    }

    /** Submits one round's outputs, and keeps the last run of the stream and the text of its messages. */
    void streamed(ThreadRunSubmitOutputRequest asked) {
        Stream<Event> stream = client.threadRuns().submitToolOutputStream(run.getThreadId(), run.getId(), asked).join();
        run = null;
        text = new StringBuilder();
        stream.forEach(event -> {
            if (event.getName().equals(EventName.ERROR)) {
                throw new IllegalStateException(String.valueOf(event.getData()));
            }
            if (event.getName().equals(EventName.THREAD_MESSAGE_DELTA)) {
                text.append(textOf(((ThreadMessageDelta) event.getData()).getDelta().getContent()));
            }
            if (event.getData() instanceof ThreadRun) {
                run = (ThreadRun) event.getData();
            }
        });
    }

    static String textOf(List<? extends ContentPart> parts) {
        return parts.stream()
            .filter(part -> part instanceof ContentPart.ContentPartTextAnnotation)
            .map(part -> ((ContentPart.ContentPartTextAnnotation) part).getText().getValue())
            .collect(Collectors.joining());
    }

    /** The text of the newest message of the run. */
    String answer() {
        PageRequest newest = PageRequest.builder().limit(1).build();
        return client.threadMessages().getList(run.getThreadId(), newest, run.getId()).join().getData().stream()
            .map(message -> textOf(message.getContent()))
            .collect(Collectors.joining());
    }

    /** Answers every round of the run. */
    Play.Told converse(Map<String, String> given) throws Exception {
        Map<String, String> outputs = Play.outputs(given);
        run = client.threadRuns().getOne(given.get("CONFORMANCE_THREAD_ID"), given.get("CONFORMANCE_RUN_ID")).join();
        while (run != null && run.getStatus() == RunStatus.REQUIRES_ACTION) {
            List<ToolOutput> answers = run.getRequiredAction().getSubmitToolOutputs().getToolCalls().stream()
                .map(call -> ToolOutput.builder().toolCallId(call.getId()).output(outputs.get(call.getId())).build())
                .collect(Collectors.toList());
            ThreadRunSubmitOutputRequest asked = ThreadRunSubmitOutputRequest.builder().toolOutputs(answers).build();
            if (Play.streamed(given)) {
                streamed(asked);
            } else {
                run = client.threadRuns().submitToolOutputAndPoll(run.getThreadId(), run.getId(), asked);
            }
        }
        if (!Play.streamed(given) && run.getStatus() == RunStatus.COMPLETED) {
            text.append(answer());
        }
        return new Play.Told(run == null ? null : run.getStatus().name().toLowerCase(Locale.ROOT), text.toString());
    }

    public static void main(String[] words) throws Exception {
        Play.main(given -> new SimpleOpenai(SimpleOpenAI.builder()
            .baseUrl(given.get("OPENAI_BASE_URL").replaceFirst("/v1$", ""))
            .apiKey(given.get("OPENAI_API_KEY"))
            .build()).converse(given));
    }
}
