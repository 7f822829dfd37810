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
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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

    private final String name;
    private final Api api;
    private final Recorder recorder;

    RecordedApi(String name, Api api, Recorder recorder) {
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
        String order = Api.record(id, "customer123", "1");
        long attempt = recorder.add(new Invoked(Orders.id(Kafka.bytes(id), Kafka.bytes(order)), name));
        Answer answer = answer(attempt, order, headers);
        recorder.add(answer);
        return answer instanceof Accepted;
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

    private Answer answer(long attempt, String order, String... headers) {
        try {
            Api.Answer answer = api.post(order, headers);
            String said = answer.status() + " " + answer.body();
            int status = answer.status();
            if (status == CREATED) {
                return new Accepted(attempt, place(answer.body().path("kafka_metadata")), said);
            }
            return status >= CLIENT_ERROR && status < SERVER_ERROR || status == UNAVAILABLE
                    ? new Refused(attempt, said) : new Unknown(attempt, said);
        } catch (UncheckedIOException e) { // timed out, or disconnected
            return new Unknown(attempt, e.getMessage());
        }
    }

    private static Place place(JsonNode metadata) {
        return Place.of(metadata.path("topic").asText(), metadata.path("partition").asInt(),
                metadata.path("offset").asLong());
    }
}
