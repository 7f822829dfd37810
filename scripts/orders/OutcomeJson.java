package orders;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.function.UnaryOperator;
import messages.Digest;
import messages.Json;
import messages.Message;
import messages.OutcomeFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Writes the {@link Outcome} of an order as JSON, and reads it back. */
public final class OutcomeJson implements OutcomeFormat<Order> {
    private final UnaryOperator<String> escape;

    /** @param escape makes the text of a failure safe to print */
    public OutcomeJson(UnaryOperator<String> escape) {
        this.escape = escape;
    }

    @Override
    public byte[] processed(Message<Order> message, String group, ConsumerRecord<?, ?> source, int attempts) {
        return Json.bytes(Outcome.processed(message, group, source, attempts));
    }

    @Override
    public byte[] deadLettered(Message<Order> message, Exception cause, String group, ConsumerRecord<?, ?> source,
            int attempts) {
        String reason = escape.apply(cause.getClass().getSimpleName() + ": " + cause.getMessage());
        return Json.bytes(Outcome.deadLettered(message, reason, group, source, attempts));
    }

    /** Reads field by field, without a tree: a ledger may have millions. */
    @Override
    public Entry read(byte[] outcome) throws IOException {
        boolean processed = false;
        String content = null;
        String group = null;
        String topic = null;
        try (JsonParser json = Json.TRUSTED.createParser(outcome)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("not a JSON object");
            }
            for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
                json.nextToken();
                switch (field) {
                    case "status" -> processed = json.getText().equals(Outcome.PROCESSED);
                    case "content_digest" -> content = json.getText();
                    case "group" -> group = json.getValueAsString();
                    case "source" -> topic = json.isExpectedStartObjectToken() ? topic(json) : null;
                    default -> json.skipChildren();
                }
            }
        }
        return new Entry(processed && content != null ? Digest.parse(content) : null, group, topic);
    }

    private static String topic(JsonParser source) throws IOException {
        String topic = null;
        for (String field = source.nextFieldName(); field != null; field = source.nextFieldName()) {
            source.nextToken();
            if (field.equals("topic")) {
                topic = source.getValueAsString();
            }
            source.skipChildren();
        }
        return topic;
    }
}
