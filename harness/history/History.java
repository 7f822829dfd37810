package history;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import history.Operation.Attempt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What happened to one system, in order. Two systems that are compared have a history each. */
public record History(List<Entry> entries) {
    static final ObjectMapper JSON = new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);

    /**
     * An event and when it happened.
     *
     * @param index 0, 1, 2 and so on
     * @param at nanoseconds since the history began; never less than that of the entry before
     */
    public record Entry(long index, long at, Event event) {
    }

    /** Reads what a {@link Recorder} wrote. A last line that was not finished, because of a kill, is left out. */
    public static History read(Path file) throws IOException {
        List<Entry> entries = new ArrayList<>();
        String text = Files.readString(file);
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
            try {
                entries.add(JSON.readValue(line, Entry.class));
            } catch (JsonProcessingException e) {
                throw new IOException(file + ": line " + (entries.size() + 1) + " is not an event: " + line, e);
            }
        }
        return new History(entries);
    }

    /** The events of a kind, in order. */
    public <E extends Event> Stream<E> events(Class<E> kind) {
        return entries.stream().map(Entry::event).filter(kind::isInstance).map(kind::cast);
    }

    /** The operations, by the time of their first attempts. */
    public List<Operation> operations() {
        Map<Long, Entry> answers = new HashMap<>();
        Map<Id, List<Attempt>> attempts = new LinkedHashMap<>();
        entries.forEach(entry -> {
            if (entry.event() instanceof Event.Answer answer
                    && (!invoked(answer.attempt()) || answers.put(answer.attempt(), entry) != null)) {
                throw new IllegalArgumentException("Event " + entry.index() + " answers attempt " + answer.attempt()
                        + ", which was not invoked or has an answer already.");
            }
        });
        entries.forEach(entry -> {
            if (entry.event() instanceof Event.Invoked invoked) {
                attempts.computeIfAbsent(invoked.id(), id -> new ArrayList<>())
                        .add(new Attempt(entry, answers.get(entry.index())));
            }
        });
        return attempts.entrySet().stream().map(each -> new Operation(each.getKey(), each.getValue())).toList();
    }

    private boolean invoked(long attempt) {
        return attempt >= 0 && attempt < entries.size()
                && entries.get((int) attempt).event() instanceof Event.Invoked;
    }
}
