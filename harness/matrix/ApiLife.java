package matrix;

import history.Allowed;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import lab.Running;
import story.RecordedApi;
import story.Side;
import story.Verdict;

/**
 * An API, to which a client posts one order twice at the same time, and then another one, with idempotency keys. In its
 * second life the client repeats what was not answered.
 */
final class ApiLife extends Life {
    private static final int PARTITIONS = 2;
    private static final int ORDERS = 2;

    private final Set<String> accepted = ConcurrentHashMap.newKeySet();
    private String name;
    private Running process;
    private Thread client;

    ApiLife(Side side) {
        super(side);
    }

    @Override
    void prepare() {
        side.lab().kafka().createTopic(side.lab().events, PARTITIONS);
    }

    @Override
    Running start(String name, String bootstrap) {
        this.name = name;
        process = side.startApi(name, bootstrap);
        client = Thread.ofVirtual().start(this::post);
        return process;
    }

    /** Until one is not answered. */
    private void post() {
        RecordedApi api;
        try {
            api = side.recorded("the API", process); // both lives are one writer: the next reads back what was placed
        } catch (IllegalStateException e) {
            return; // killed before it listened
        }
        postTo(api, "order-1", "order-1");
        postTo(api, "order-2");
    }

    private void postTo(RecordedApi api, String... ids) {
        if (process.alive()) {
            var posts = Stream.of(ids).filter(id -> !accepted.contains(id)).map(id -> Thread.ofVirtual().start(() -> {
                if (api.post(id, "Idempotency-Key", "key-of-" + id)) {
                    accepted.add(id);
                }
            })).toList();
            posts.forEach(ApiLife::join);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    boolean isDone() {
        return !client.isAlive() && accepted.size() == ORDERS;
    }

    @Override
    void kill() {
        side.kill(name, process);
        join(client);
    }

    /** Nothing: its next life reads back which orders were placed. */
    @Override
    boolean repeats() {
        return false;
    }

    @Override
    Verdict verdict() throws Exception {
        return side.verdict("", Allowed.nothing(LONGEST_WAIT));
    }
}
