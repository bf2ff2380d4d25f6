import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Plays the scenarios of the suite with a client library: once for each start, or those that come as lines. */
final class Play {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Play() {}

    /** What the user of the library learns of a run: the status returned last, or null, and the text of the answer. */
    record Told(String status, String text) {}

    /** Answers the run of one scenario. */
    interface Conversation {
        Told with(Map<String, String> given) throws Exception;
    }

    static Map<String, String> strings(String json) throws Exception {
        return JSON.readValue(json, new TypeReference<Map<String, String>>() {});
    }

    /** The outputs to submit, by call id. */
    static Map<String, String> outputs(Map<String, String> given) throws Exception {
        return strings(given.get("CONFORMANCE_TOOL_OUTPUTS"));
    }

    static boolean streamed(Map<String, String> given) {
        return given.get("CONFORMANCE_STREAM").equals("true");
    }

    private static Map<String, Object> outcome(Conversation conversation, Map<String, String> given) throws Exception {
        Map<String, Object> said = new TreeMap<>();
        try {
            Told told = conversation.with(given);
            said.put("text", told.text());
            if (told.status() != null) {
                said.put("status", told.status());
            }
        } catch (Exception raised) {
            said.put("error", raised.toString());
        }
        System.out.println("told " + said);
        return said;
    }

    static void main(Conversation conversation) throws Exception {
        if (System.getenv("CONFORMANCE_PERSISTENT") != null) {
            BufferedReader scenarios = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = scenarios.readLine(); line != null; line = scenarios.readLine()) {
                Map<String, Object> said = outcome(conversation, strings(line));
                said.put("exit", said.containsKey("error") ? 1 : 0);
                System.out.println(JSON.writeValueAsString(said));
            }
            System.exit(0);
        }
        Map<String, Object> said = outcome(conversation, System.getenv());
        String path = System.getenv("CONFORMANCE_OUTCOME");
        if (path != null) {
            Files.writeString(Path.of(path), JSON.writeValueAsString(said));
        }
        System.exit(said.containsKey("error") ? 1 : 0);
    }
}
