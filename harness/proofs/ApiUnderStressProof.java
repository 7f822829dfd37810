package proofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import lab.Api;
import lab.Api.Answer;
import lab.Broker;
import lab.Kafka;
import lab.Lab;
import lab.LabExtension;
import lab.RawHttp;
import lab.Running;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The API when Kafka or its clients do not play along: accepted is durable, and nobody is kept waiting (1, 2). */
@ExtendWith(LabExtension.class)
class ApiUnderStressProof {
    private static final int CLIENTS = 16;

    @Test
    void theBrokerKilledAndBackUnderLoadLeavesOneRecordForEachKey(Lab lab) throws Exception {
        String data = lab.folder().resolve("data").toString();
        Running broker = lab.start("KafkaBroker", "--port", "0", "--data-dir", data);
        String bootstrap = Broker.address(broker);
        Api api = lab.api(lab.start("OrderApi", "--port", "0", "--bootstrap-server", bootstrap, "--timeout-ms",
                "1000"));
        AtomicBoolean enough = new AtomicBoolean();
        Queue<Answer> created = new ConcurrentLinkedQueue<>();
        AtomicInteger refused = new AtomicInteger();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                String name = "client-" + client + "-";
                running.add(clients.submit(() -> {
                    for (int n = 0; !enough.get(); n++) {
                        created.add(untilCreated(api, name + n, refused));
                    }
                }));
            }
            await("orders are taken").atMost(Duration.ofSeconds(30)).until(() -> created.size() > 500);
            broker.kill9();
            await("clients are told").atMost(Duration.ofSeconds(30)).until(() -> refused.get() > 4 * CLIENTS);
            lab.start("KafkaBroker", "--port", bootstrap.substring(bootstrap.lastIndexOf(':') + 1), "--data-dir", data);
            int before = created.size();
            await("orders are taken again").atMost(Duration.ofSeconds(60)).until(() -> created.size() > before + 500);
            enough.set(true);
            for (Future<?> client : running) {
                client.get();
            }
        }
        try (Kafka kafka = new Kafka(bootstrap)) {
            Map<String, ConsumerRecord<byte[], byte[]>> byPlace = new HashMap<>();
            kafka.records("order-events").forEach(
                    record -> byPlace.put(record.partition() + "@" + record.offset(), record));
            assertThat(created).as("every 201 is in the topic, where it says").allSatisfy(answer -> assertThat(
                    Kafka.text(byPlace.get(place(answer)).key())).isEqualTo(answer.orderId()));
            assertThat(byPlace.size()).as("and every key has one record, however often it was sent")
                    .isEqualTo(created.size());
        }
    }

    private static String place(Answer answer) {
        return answer.body().path("kafka_metadata").path("partition").asInt() + "@"
                + answer.body().path("kafka_metadata").path("offset").asLong();
    }

    /** As a client should: it repeats the request with the same key until it is answered 201. */
    private static Answer untilCreated(Api api, String key, AtomicInteger refused) {
        while (true) {
            Answer answer = api.post(Api.order("customer123"), "Idempotency-Key", key);
            if (answer.status() == 201) {
                return answer;
            }
            assertThat(answer.status()).as(answer.body().toString()).isIn(503, 504);
            refused.incrementAndGet();
        }
    }

    @Test
    void aLostAcknowledgementLeadsToOneRecord(Lab lab) throws Exception {
        losesAnAcknowledgement(lab);
    }

    @Test
    void withoutIdempotenceItLeadsToTwo(Lab lab) {
        assertThatThrownBy(() -> losesAnAcknowledgement(lab, "--no-idempotence"))
                .isInstanceOf(AssertionError.class).hasMessageContaining("one record");
    }

    /** A broker that is frozen for longer than the producer waits has the record in its socket, and then once more. */
    private static void losesAnAcknowledgement(Lab lab, String... options) throws Exception {
        Running broker = lab.start("KafkaBroker", "--port", "0");
        String bootstrap = Broker.address(broker);
        Api api = lab.api(lab.start("OrderApi", Lab.with(options, "--port", "0", "--timeout-ms", "1000",
                "--bootstrap-server", bootstrap)));
        assertThat(api.post(Api.order("c"), "Idempotency-Key", "before").status()).isEqualTo(201);
        AtomicInteger refused = new AtomicInteger();
        try (ExecutorService client = Executors.newSingleThreadExecutor()) {
            broker.freeze();
            Future<Answer> created = client.submit(() -> untilCreated(api, "lost", refused));
            await("the producer has tried again").atMost(Duration.ofSeconds(30)).until(() -> refused.get() >= 3);
            broker.thaw();
            created.get();
        } finally {
            broker.thaw();
        }
        assertThat(api.post(Api.order("c"), "Idempotency-Key", "after").status()).isEqualTo(201);
        try (Kafka kafka = new Kafka(bootstrap)) {
            assertThat(kafka.records("order-events").size()).as("one record for each of three keys").isEqualTo(3);
        }
    }

    /** Its answer was lost, and before it is sent again the right to write is taken away. */
    @Test
    void anOrderThatIsRefusedWhenItIsSentAgainMayBeWritten(Lab lab) throws Exception {
        Running broker = lab.brokerWithRules();
        try (Lab own = new Lab(Broker.running(Broker.address(broker)), lab.folder().resolve("own"));
                ExecutorService client = Executors.newSingleThreadExecutor()) {
            own.kafka().createTopic(own.events, 1);
            own.kafka().addRule(Kafka.ruleForAll(own.events, AclOperation.ALL, AclPermissionType.ALLOW));
            Api api = own.api();
            assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
            broker.freeze();
            try {
                Future<Answer> answer = client.submit(() -> api.post(Api.order("c"), "Idempotency-Key", "k"));
                await("it is to be sent again").atMost(Duration.ofSeconds(20))
                        .until(() -> api.process().err().contains("retrying ("));
                api.process().freeze();
                broker.thaw();
                await("it is written").atMost(Duration.ofSeconds(20))
                        .until(() -> own.kafka().records(own.events).size() == 2);
                own.kafka().addRule(Kafka.ruleForAll(own.events, AclOperation.WRITE, AclPermissionType.DENY));
                api.process().thaw();
                assertThat(answer.get().status()).as(answer.get().body().toString()).isEqualTo(504);
            } finally {
                api.process().thaw();
                broker.thaw();
            }
        }
    }

    @Test
    void withAFrozenBrokerMoreThanMayWaitAreTurnedAwayAtOnce(Lab lab) throws Exception {
        turnedAway(lab, "too-busy", "--max-in-flight", "20");
    }

    @Test
    void andSoAreThoseThatFindTheBufferFull(Lab lab) throws Exception {
        turnedAway(lab, "kafka-unavailable", "--buffer-memory", "65536"); // room for four batches of 16 KiB
    }

    private static void turnedAway(Lab lab, String type, String... options) throws Exception {
        Running broker = lab.start("KafkaBroker", "--port", "0");
        Api api = lab.api(lab.start("OrderApi", Lab.with(options, "--port", "0", "--timeout-ms", "20000",
                "--bootstrap-server", Broker.address(broker))));
        assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
        String large = Api.order("c").replace("}]", "}," + "{\"product_id\":\"p\",\"quantity\":1,\"price\":1},"
                .repeat(100) + "{\"product_id\":\"p\",\"quantity\":1,\"price\":1}]");
        CountDownLatch away = new CountDownLatch(20);
        try (ExecutorService clients = Executors.newFixedThreadPool(60)) {
            broker.freeze();
            List<Future<Answer>> answers = IntStream.range(0, 60).mapToObj(i -> clients.submit(() -> {
                Answer answer = api.post(large, "Idempotency-Key", "key-" + i);
                if (answer.status() == 503) {
                    assertThat(answer.body().path("type").asText()).isEqualTo("/problems/" + type);
                    assertThat(answer.header("Retry-After")).isNotNull();
                    away.countDown();
                }
                return answer;
            })).toList();
            await("turned away while the others wait").atMost(Duration.ofSeconds(10))
                    .until(() -> away.getCount() == 0);
            broker.thaw();
            int created = 0;
            for (Future<Answer> answer : answers) {
                assertThat(answer.get().status()).isIn(201, 503);
                created += answer.get().status() == 201 ? 1 : 0;
            }
            assertThat(created).as("those that waited").isPositive();
        } finally {
            broker.thaw();
        }
        for (int i = 0; i < 60; i++) {
            assertThat(api.post(large).status()).as("there is room again").isEqualTo(201);
        }
    }

    @Test
    void fiveHundredStalledClientsHoldUpNobodyAndAreSentAway(Lab lab) throws Exception {
        Api api = lab.api("--request-timeout-s", "5");
        List<Socket> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 500; i++) {
                Socket socket = new Socket(api.uri().getHost(), api.uri().getPort());
                stalled.add(socket);
                socket.getOutputStream().write((i % 2 == 0 ? "POST /orders HTTP/1.1\r\nHost: l"
                        : "POST /orders HTTP/1.1\r\nContent-Length: 100\r\n\r\n{").getBytes(StandardCharsets.UTF_8));
            }
            for (int i = 0; i < 100; i++) {
                assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
            }
            for (Socket socket : stalled) {
                socket.setSoTimeout(30_000);
                assertThat(socket.getInputStream().read()).as("closed").isEqualTo(-1);
            }
        } finally {
            for (Socket socket : stalled) {
                socket.close();
            }
        }
        assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
        assertThat(lab.kafka().records(lab.events)).hasSize(101);
    }

    /** 300 of a quarter of a megabyte each: more than the heap. */
    @Test
    void bodiesThatComeInAllAtOnceAreTurnedAwayBeforeTheHeapIsFull(Lab lab) throws Exception {
        Api api = lab.api(lab.start(Map.of("JAVA_TOOL_OPTIONS", "-Xmx64m"), "OrderApi", "--bootstrap-server",
                lab.broker().bootstrap(), "--topic", lab.events, "--port", "0", "--body-memory", "8388608",
                "--request-timeout-s", "60"));
        byte[] head = "POST /orders HTTP/1.1\r\nContent-Length: 262144\r\n\r\n".getBytes(StandardCharsets.UTF_8);
        List<Socket> halfSent = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                Socket socket = new Socket(api.uri().getHost(), api.uri().getPort());
                halfSent.add(socket);
                try {
                    socket.getOutputStream().write(head);
                    socket.getOutputStream().write(new byte[250_000]);
                } catch (SocketException e) {
                    // it was turned away and closed
                }
            }
            await("a small one finds room").atMost(Duration.ofSeconds(30))
                    .until(() -> api.post(Api.order("customer123")).status() == 201);
            assertThat(api.process().err()).contains("answered 503");
        } finally {
            for (Socket socket : halfSent) {
                socket.close();
            }
        }
        assertThat(lab.kafka().records(lab.events)).hasSize(1);
    }

    @Test
    void connectionsThatLieIdleAndThoseThatAreTooManyAreClosed(Lab lab) throws Exception {
        Api api = lab.api("--idle-timeout-s", "3", "--max-connections", "20");
        List<Socket> open = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                Socket socket = new Socket(api.uri().getHost(), api.uri().getPort());
                socket.setSoTimeout(30_000);
                open.add(socket);
                socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: lab\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                assertThat(socket.getInputStream().read()).as("answered").isEqualTo('H');
            }
            assertThat(RawHttp.exchange(api.uri(), RawHttp.request("GET / HTTP/1.1", "", "Host: lab")))
                    .as("one too many").isEmpty();
            for (Socket socket : open) {
                socket.getInputStream().transferTo(OutputStream.nullOutputStream()); // until it is closed
            }
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
        assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
    }

    @Test
    void aStopAnswersWhatIsInFlightAndTakesNothingMore(Lab lab) throws Exception {
        Path data = lab.folder().resolve("data");
        Running broker = lab.start("KafkaBroker", "--port", "0", "--data-dir", data.toString());
        Api api = lab.api(lab.start("OrderApi", "--port", "0", "--bootstrap-server", Broker.address(broker)));
        assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
        try (ExecutorService clients = Executors.newFixedThreadPool(11)) {
            broker.freeze();
            List<Future<Answer>> inFlight = IntStream.range(0, 10)
                    .mapToObj(i -> clients.submit(() -> api.post(Api.order("c"), "Idempotency-Key", "key-" + i)))
                    .toList();
            await("they are in flight").atMost(Duration.ofSeconds(10))
                    .until(() -> api.process().err().split("received order").length > 11);
            Future<Integer> exit = clients.submit(api.process()::stop);
            await("it stops").atMost(Duration.ofSeconds(10))
                    .until(() -> api.process().err().contains("stopping"));
            broker.thaw();
            for (Future<Answer> answer : inFlight) {
                assertThat(answer.get().status()).isEqualTo(201);
            }
            assertThat(exit.get()).isEqualTo(143);
        } finally {
            broker.thaw();
        }
    }

    /** A request that the server has not begun to read when it closes gets no answer, and writes nothing. */
    @Test
    void aStopUnderLoadTakesNoLongerThanItHasToAndAnswersForAllThatIsWritten(Lab lab) throws Exception {
        Api api = lab.api("--quiet");
        AtomicInteger created = new AtomicInteger();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> clientsEnd = IntStream.range(0, CLIENTS)
                    .<Future<?>>mapToObj(i -> clients.submit(() -> postUntilItIsGone(api, created))).toList();
            await("under load").atMost(Duration.ofSeconds(30)).until(() -> created.get() > 1_000);
            long start = System.nanoTime();
            assertThat(api.process().stop()).isEqualTo(143);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).as("not until the grace is over")
                    .isLessThan(Duration.ofSeconds(8));
            for (Future<?> end : clientsEnd) {
                end.get();
            }
        }
        assertThat(lab.kafka().records(lab.events)).as("each that is there was answered").hasSize(created.get());
    }

    /** Over a connection that is kept, as long as there is one. */
    private static void postUntilItIsGone(Api api, AtomicInteger created) {
        try {
            while (true) {
                assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
                created.incrementAndGet();
            }
        } catch (UncheckedIOException e) {
            assertThat(e.getCause()).as("closed, and no answer late").isNotInstanceOf(HttpTimeoutException.class);
        }
    }
}
