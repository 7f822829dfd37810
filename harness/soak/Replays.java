package soak;

import history.Event.Accepted;
import history.Event.Invoked;
import history.Event.Unknown;
import history.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import lab.Lab;
import lab.Running;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import story.Orders;

/** Replays of dead letters, one at a time, while everything else goes on. */
final class Replays {
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(45);

    private final Lab lab;
    private final Recorder recorder;
    private final boolean exactlyOnce;
    private int number;
    private Running process; // null if none runs
    private Map<Integer, Long> progress; // when it began
    private final Map<String, Long> attempts = new LinkedHashMap<>(); // of this one, by place of the letter

    Replays(Lab lab, Recorder recorder, boolean exactlyOnce) {
        this.lab = lab;
        this.recorder = recorder;
        this.exactlyOnce = exactlyOnce;
    }

    /** Runs one to its end. */
    void run() {
        begin();
        await();
    }

    /** Starts one. It sends letters from its progress on; those that come meanwhile, too. */
    void begin() {
        number++;
        attempts.clear();
        progress = lab.kafka().committed(group(), lab.dlq);
        noteAttempts();
        List<String> options = new ArrayList<>(List.of("replay", "--execute", "--bootstrap-server",
                lab.broker().bootstrap(), "--topic",
                lab.dlq, "--group", group()));
        if (exactlyOnce) {
            options.add("--exactly-once");
        }
        process = lab.start("DlqInspector", options.toArray(String[]::new));
    }

    private String group() {
        return lab.dlq + "-replay";
    }

    private void noteAttempts() {
        for (ConsumerRecord<byte[], byte[]> letter : lab.kafka().visibleRecords(lab.dlq)) {
            String place = letter.partition() + "@" + letter.offset();
            if (letter.offset() >= progress.getOrDefault(letter.partition(), 0L) && !attempts.containsKey(place)) {
                String writer = "replay-" + number + " of " + place; // it writes each once
                attempts.put(place, recorder.add(new Invoked(Orders.id(letter.key(), letter.value()), writer)));
            }
        }
    }

    /** Kills it: what it has sent is not known. */
    void kill() {
        if (process != null) {
            process.kill9();
            ended("killed");
        }
    }

    /** Waits until it has ended, and kills it if that takes too long. */
    void await() {
        if (process == null) {
            return;
        }
        try {
            ended(process.awaitExit(LONGEST) == 0 ? null : "it failed");
        } catch (IllegalStateException e) {
            kill();
        }
    }

    private void ended(String why) {
        process = null;
        Set<String> atFirst = new HashSet<>(attempts.keySet());
        while (true) {
            try {
                noteAttempts(); // those that it may have sent, too
                break;
            } catch (KafkaException | IllegalStateException e) {
                LockSupport.parkNanos(PAUSE.toNanos()); // Kafka is away: without them a record would have no writer
            }
        }
        attempts.forEach((place, attempt) -> recorder.add(why == null && atFirst.contains(place)
                ? new Accepted(attempt, null, "replayed, or left in quarantine") : new Unknown(attempt, "replay: "
                        + (why == null ? "maybe" : why))));
        attempts.clear();
    }
}
