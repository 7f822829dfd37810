package story;

import com.fasterxml.jackson.databind.JsonNode;
import history.Event.Accepted;
import history.Event.Answer;
import history.Event.Invoked;
import history.Event.Refused;
import history.Event.Unknown;
import history.Place;
import history.Recorder;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import lab.Api;
import lab.Kafka;
import lab.Running;

/** One life of an API: what is posted to it is recorded, with what it answered. */
public final class RecordedApi {
    private static final int CREATED = 201;
    private static final int CLIENT_ERROR = 400;
    private static final int SERVER_ERROR = 500;
    private static final int UNAVAILABLE = 503;
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final String name;
    private final Api api;
    private final Recorder recorder;
    private final AtomicLong withoutKey = new AtomicLong();

    /** @param name of this life of the API: another life is another writer */
    public RecordedApi(String name, Api api, Recorder recorder) {
        this.name = name;
        this.api = api;
        this.recorder = recorder;
    }

    public Running process() {
        return api.process();
    }

    /**
     * Posts an order, once.
     *
     * @param headers as name, value, name, value
     * @return whether it was accepted
     */
    public boolean post(String id, String... headers) {
        return attempt(Api.record(id, "customer123", "1"), name, LONGEST, headers) instanceof Accepted;
    }

    /**
     * Posts an order with a key, which makes it safe to post it again: this life of the API writes it once.
     *
     * @param longest how long the client waits
     */
    public Answer post(String order, String key, Duration longest) {
        return attempt(order, name, longest, "Idempotency-Key", key);
    }

    /** Posts an order without a key: each time that this is done it may be written. */
    public Answer postWithoutKey(String order, Duration longest) {
        return attempt(order, name + ", request " + withoutKey.incrementAndGet(), longest);
    }

    private Answer attempt(String order, String writer, Duration longest, String... headers) {
        long attempt = recorder.add(new Invoked(Orders.id(null, Kafka.bytes(order)), writer));
        Answer answer = answer(attempt, order, longest, headers);
        recorder.add(answer);
        return answer;
    }

    /**
     * Posts so many at the same time, named with a prefix and a number.
     *
     * @return how many were accepted
     */
    public int postAll(String prefix, int number) {
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> posted = IntStream.range(0, number)
                    .mapToObj(i -> clients.submit(() -> post(prefix + i))).toList();
            clients.close();
            return (int) posted.stream().filter(Future::resultNow).count();
        }
    }

    private Answer answer(long attempt, String order, Duration longest, String... headers) {
        try {
            Api.Answer answer = api.post(longest, order, headers);
            String said = answer.status() + " " + answer.body();
            int status = answer.status();
            if (status == CREATED) {
                return new Accepted(attempt, place(answer.body().path("kafka_metadata")), said);
            }
            return status >= CLIENT_ERROR && status < SERVER_ERROR || status == UNAVAILABLE
                    ? new Refused(attempt, said) : new Unknown(attempt, said);
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof ConnectException) {
                return new Refused(attempt, "not sent: nothing listens");
            }
            return new Unknown(attempt, e.getMessage()); // timed out, or disconnected
        }
    }

    private static Place place(JsonNode metadata) {
        return Place.of(metadata.path("topic").asText(), metadata.path("partition").asInt(),
                metadata.path("offset").asLong());
    }
}
