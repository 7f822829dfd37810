package proofs.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lab.Build;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import lab.fixtures.RawHttp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a consumer says of itself over HTTP, with {@code --metrics-port}, is true; without that, nothing listens. */
@Order(2) // one after the other they take long
@Execution(ExecutionMode.SAME_THREAD) // one of them freezes the broker
class MetricsProof {
    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(folder -> new OwnBroker(folder));

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Pattern SAMPLE = Pattern.compile("(?m)^(\\w+(?:\\{.*})?) (\\S+)$");

    /** A consumer, and where its metrics are. */
    private record Measured(Running process, URI uri) {
        private static final HttpClient HTTP = HttpClient.newHttpClient();

        static Measured start(Lab lab, String... options) {
            return of(lab.consumer(Lab.with(options, "--metrics-port", "0")));
        }

        static Measured of(Running process) {
            return new Measured(process, URI.create(process.awaitOut("where its metrics are",
                    Pattern.compile("Metrics at (\\S+)/metrics\\n"), SOON)));
        }

        HttpResponse<String> send(String method, String path) {
            try {
                return HTTP.send(HttpRequest.newBuilder(uri.resolve(path)).timeout(Duration.ofSeconds(5))
                        .method(method, HttpRequest.BodyPublishers.noBody()).build(),
                        HttpResponse.BodyHandlers.ofString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** The status of {@code /health/live} or {@code /health/ready}. */
        int health(String what) {
            return send("GET", "/health/" + what).statusCode();
        }

        /** All samples, by name and labels. */
        Map<String, Double> samples() {
            Map<String, Double> samples = new LinkedHashMap<>();
            for (Matcher line = SAMPLE.matcher(send("GET", "/metrics").body()); line.find(); ) {
                samples.put(line.group(1), Double.valueOf(line.group(2)));
            }
            return samples;
        }

        double sample(String name) {
            return samples().getOrDefault(name, Double.NaN);
        }
    }

    // --- metrics --------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"manual, classic", "transactional, consumer"})
    void theyCountWhatWasSent(String commit, String protocol, Lab lab) {
        lab.kafka().createTopic(lab.events, 2);
        lab.sendAllTo(0, "good-", 40, "customer123", 0);
        lab.sendAllTo(0, "good-", 15, "customer123", 0);
        lab.sendAllTo(1, "bad-", 7, "customerf", 0);
        lab.sendAllTo(1, "later-", 3, "customerr", 0); // pass at the third attempt
        Measured consumer = Measured.start(lab, "--commit", commit, "--group-protocol", protocol,
                "--retry-backoff-ms", "10");
        await("all is committed").atMost(SOON).untilAsserted(() -> assertThat(consumer.samples()).contains(
                Map.entry("order_consumer_processed_total", 43.0),
                Map.entry("order_consumer_duplicates_total", 15.0),
                Map.entry("order_consumer_dead_letters_total", 7.0),
                Map.entry("order_consumer_retries_total", 6.0),
                Map.entry("order_consumer_gone_total", 0.0),
                Map.entry("order_consumer_outages_total", 0.0),
                Map.entry("order_consumer_outage_seconds", 0.0),
                Map.entry("order_consumer_in_flight_records", 0.0),
                Map.entry("order_consumer_in_flight_bytes", 0.0),
                Map.entry("order_consumer_oldest_in_flight_seconds", 0.0),
                Map.entry("order_consumer_ledger_restore_seconds_count", 2.0),
                Map.entry("order_consumer_lag_records{partition=\"0\",topic=\"" + lab.events + "\"}", 0.0),
                Map.entry("order_consumer_lag_records{partition=\"1\",topic=\"" + lab.events + "\"}", 0.0)));
        Map<String, Double> samples = consumer.samples();
        long commits = consumer.process().err().lines().filter(line -> line.contains(" committed ")).map(
                line -> line.substring(0, 23)).count();
        assertThat(samples.get("order_consumer_commit_seconds_count")).isBetween(1.0, (double) commits);
        assertThat(samples.get("order_consumer_commit_seconds_sum")).isPositive();
        assertThat(samples.get("order_consumer_commit_seconds_bucket{le=\"+Inf\"}"))
                .isEqualTo(samples.get("order_consumer_commit_seconds_count"));
        assertThat(samples.keySet()).noneMatch(name -> name.startsWith("order_consumer_held_back"));
        assertThat(kafkas(samples, "kafka_producer_record_send_total", lab.group + "-writer")
                - kafkas(samples, "kafka_producer_record_retry_total", lab.group + "-writer"))
                .as("outcomes and dead letters").isEqualTo(50 + 7);
        assertThat(kafkas(samples, "kafka_consumer_fetch_manager_records_consumed_total", lab.group))
                .isEqualTo(40 + 15 + 7 + 3);
        assertThat(consumer.process().stop()).isEqualTo(143);
    }

    /** The sample of a Kafka client that has no further labels. */
    private static double kafkas(Map<String, Double> samples, String name, String client) {
        return samples.entrySet().stream().filter(sample -> sample.getKey().startsWith(name + "{client_id=\"" + client
                + "\"") && !sample.getKey().contains("topic=")).mapToDouble(Map.Entry::getValue).findAny()
                .orElseThrow(() -> new AssertionError(name + " is not in " + samples.keySet()));
    }

    @Test
    void aPartitionThatIsHeldBackIsThereWithItsReason(Lab lab) {
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "1000"));
        lab.kafka().createTopic(lab.events, 2);
        lab.sendAllTo(1, "bad-", 5, "customerf", 2_000);
        Measured consumer = Measured.start(lab);
        String refused = "order_consumer_held_back_seconds{partition=\"1\",reason=\"refused\",topic=\"" + lab.events
                + "\"}";
        await("it is refused").atMost(SOON).until(() -> consumer.sample(refused) > 0.5);
        Map<String, Double> samples = consumer.samples();
        assertThat(samples).containsEntry("order_consumer_in_flight_records", 5.0).containsEntry(
                "order_consumer_lag_records{partition=\"1\",topic=\"" + lab.events + "\"}", 5.0);
        assertThat(samples.keySet()).filteredOn(name -> name.startsWith("order_consumer_held_back")).hasSize(1);
        lab.kafka().alterTopic(lab.dlq, "max.message.bytes", "100000");
        await("it goes on").atMost(SOON).until(() -> consumer.sample("order_consumer_dead_letters_total") == 5
                && !consumer.samples().containsKey(refused));
    }

    @Test
    void anotherDomainHasItsOwnNames(Lab lab) {
        lab.consumeWith("PaymentConsumer");
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().send(lab.events, "payment-1", "alice;bob;1.50");
        Measured consumer = Measured.start(lab);
        await("it is counted").atMost(SOON).until(() -> consumer.sample("payment_consumer_processed_total") == 1);
        await("ready").atMost(SOON).until(() -> consumer.health("ready") == 200);
    }

    // --- health ---------------------------------------------------------------------------------------------------

    /** A ledger is not read back as long as a transaction is open in it. */
    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void itIsReadyOnceItsLedgersAreRestored(String protocol, Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.outcomes, 1, Map.of("cleanup.policy", "compact"));
        Map<String, Object> settings = Map.of("bootstrap.servers", lab.broker().bootstrap(), "transactional.id",
                lab.group + "-other");
        try (var other = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            other.initTransactions();
            other.beginTransaction();
            other.send(new ProducerRecord<>(lab.outcomes, Kafka.bytes("order-x"), Kafka.bytes("{}")));
            other.flush();
            Measured consumer = Measured.start(lab, "--group-protocol", protocol);
            String restoring = lab.events + "-0 is held back: it waits for ";
            List<Integer> before = new ArrayList<>();
            await("it says what it waits for").atMost(SOON).until(() -> {
                HttpResponse<String> ready = consumer.send("GET", "/health/ready");
                before.add(ready.statusCode());
                return ready.body().startsWith(restoring);
            });
            assertThat(before).as("never ready before").containsOnly(503);
            assertThat(consumer.health("live")).isEqualTo(200);
            assertThat(consumer.sample("order_consumer_held_back_seconds{partition=\"0\",reason=\"restoring\",topic=\""
                    + lab.events + "\"}")).isPositive();
            other.abortTransaction();
            await("ready").atMost(SOON).until(() -> consumer.health("ready") == 200);
        }
    }

    /** Nobody reads its log: once the pipe is full, the poll thread waits in the middle of a line. */
    @Test
    void aPollThreadThatIsStuckDoesNotLive(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        Path log = lab.folder().resolve("read-by-cat.txt");
        Running process = lab.command("OrderConsumer", Map.of(), Lab.with(new String[] {"bash", "-c",
            "log=$1; shift; exec \"$@\" 2> >(exec cat > \"$log\")", "bash", log.toString()},
                Build.command("OrderConsumer", "--bootstrap-server", lab.broker().bootstrap(), "--topic", lab.events,
                        "--dlq-topic", lab.dlq, "--outcomes-topic", lab.outcomes, "--group", lab.group, "--work-ms",
                        "0", "--drain-timeout-ms", "0", "--metrics-port", "0").toArray(String[]::new)));
        Measured consumer = Measured.of(process);
        await("ready").atMost(SOON).until(() -> consumer.health("ready") == 200);
        ProcessHandle reader = process.descendants()
                .filter(child -> child.info().command().orElse("").endsWith("cat")).findAny().orElseThrow();
        signal("STOP", reader);
        lab.sendAllTo(0, "order-", 2_000, "customer123", 0);
        long sent = System.nanoTime();
        await("it does not live").atMost(SOON).until(() -> consumer.health("live") == 503);
        assertThat(Duration.ofNanos(System.nanoTime() - sent)).isGreaterThan(Duration.ofSeconds(15));
        assertThat(consumer.send("GET", "/health/live").body()).startsWith("The poll thread has not polled for 2");
        assertThat(consumer.health("ready")).isEqualTo(503);
        signal("CONT", reader);
        await("it lives").atMost(SOON).until(() -> consumer.health("live") == 200);
        await("all are processed").atMost(SOON).until(
                () -> consumer.sample("order_consumer_processed_total") == 2_000);
        assertThat(consumer.health("ready")).isEqualTo(200);
    }

    private static void signal(String signal, ProcessHandle process) {
        try {
            new ProcessBuilder("bash", "-c", "kill -" + signal + " " + process.pid()).start().waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Two consumers side by side, for longer than a poll thread may be away: it polls on, in work or not. */
    @Test
    void whileKafkaIsAwayItLives(Lab lab, OwnBroker broker) {
        try (Lab another = new Lab(broker, lab.folder().resolve("transactional"))) {
            Map<String, Measured> consumers = new LinkedHashMap<>();
            for (Lab each : List.of(lab, another)) {
                String commit = each == lab ? "manual" : "transactional";
                each.sendOrders(0, 400);
                consumers.put(commit, Measured.start(each, "--commit", commit, "--work-ms", "50", "--concurrency", "4",
                        "--drain-timeout-ms", "0"));
                await("at work").atMost(SOON).until(() -> each.outcomes().size() > 20);
            }
            broker.freeze();
            long frozen = System.nanoTime();
            await("longer than it may be without a poll").atMost(SOON).until(() -> {
                consumers.forEach((commit, consumer) -> assertThat(consumer.send("GET", "/health/live").body())
                        .as(commit).isEqualTo("yes\n"));
                return System.nanoTime() - frozen > Duration.ofSeconds(23).toNanos();
            });
            broker.thaw();
            for (Lab each : List.of(lab, another)) {
                each.awaitCaughtUp();
                assertThat(each.ordersByOutcomes()).isEqualTo(Map.of(1, 400L));
            }
        }
    }

    // --- what listens ---------------------------------------------------------------------------------------------

    @Test
    void withoutTheOptionNothingListensAndMicrometerIsNotLoaded(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        Running plain = lab.consumer();
        Measured measured = Measured.start(lab);
        await("one has started").atMost(SOON).until(() -> measured.health("ready") == 200);
        await("both have started").atMost(SOON).until(() -> lab.kafka().assignment(lab.group).equals(List.of(1, 0)));
        assertThat(loaded(lab, measured.process())).contains("io.micrometer.", "sun.net.httpserver.ServerImpl",
                "sun.nio.ch.ServerSocketChannelImpl");
        assertThat(loaded(lab, plain)).contains("OrderConsumer", "org.apache.kafka.").doesNotContain("io.micrometer.",
                "io.prometheus.", "httpserver", "sun.nio.ch.ServerSocketChannelImpl", "java.net.ServerSocket");
        assertThat(plain.out()).doesNotContain("Metrics at");
    }

    /** The names of all classes that a process has loaded. */
    private static String loaded(Lab lab, Running process) {
        Ended classes = lab.command("jcmd", Map.of(), Path.of(System.getProperty("java.home"), "bin/jcmd").toString(),
                String.valueOf(process.pid()), "VM.class_hierarchy", "-i").ended(SOON);
        assertThat(classes.exitCode()).as(classes.tail()).isZero();
        return classes.out();
    }

    @Test
    void onlyThisMachineReachesItUnlessToldOtherwise(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        Measured hidden = Measured.start(lab);
        assertThat(hidden.uri().getHost()).isEqualTo("127.0.0.1");
        Measured open = Measured.start(lab, "--metrics-host", "0.0.0.0");
        for (InetAddress address : addressesOfThisMachine()) {
            assertThat(connects(address, hidden)).as(address.toString()).isEqualTo(address.getHostAddress()
                    .equals("127.0.0.1"));
            assertThat(connects(address, open)).as(address.toString()).isTrue();
        }
    }

    private static boolean connects(InetAddress address, Measured consumer) {
        try (Socket socket = new Socket(address, consumer.uri().getPort())) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    private static List<InetAddress> addressesOfThisMachine() throws IOException {
        return NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address).toList();
    }

    @Test
    void otherRequestsAndSlowClientsDoNoHarm(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        Measured consumer = Measured.start(lab);
        await("ready").atMost(SOON).until(() -> consumer.health("ready") == 200);
        for (String path : List.of("/", "/metrics/", "/metrics/x", "/health", "/health/live/..", "/METRICS", "/%00",
                "/health%2Flive%20")) {
            assertThat(consumer.send("GET", path).statusCode()).as(path).isEqualTo(404);
        }
        for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X")) {
            HttpResponse<String> answer = consumer.send(method, "/metrics");
            assertThat(answer.statusCode()).as(method).isEqualTo(405);
            assertThat(answer.headers().firstValue("Allow")).contains("GET, HEAD");
        }
        HttpResponse<String> head = consumer.send("HEAD", "/metrics");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(statuses(consumer, "GET /metrics?name=x HTTP/1.1")).containsExactly(200);
        assertThat(statuses(consumer, "GET /metrics HTTP/1.1", "Content-Length: 100000")).containsExactly(200);
        assertThat(statuses(consumer, "POST /metrics HTTP/1.1", "Content-Length: 100000")).containsExactly(405);
        assertThat(statuses(consumer, "GET /metrics HTTP/1.1", "X: " + "x".repeat(100_000))).doesNotContain(200);
        assertThat(statuses(consumer, "\u0000\u0001 nonsense")).doesNotContain(200);

        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 40; i++) {
                Socket socket = new Socket(consumer.uri().getHost(), consumer.uri().getPort());
                socket.getOutputStream().write("GET /metrics HT".getBytes(StandardCharsets.US_ASCII));
                slow.add(socket);
            }
            assertThat(consumer.health("live")).as("beside 40 that send half a request").isEqualTo(200);
            lab.sendAllTo(0, "order-", 10, "customer123", 0);
            await("orders go on").atMost(SOON).until(
                    () -> consumer.sample("order_consumer_processed_total") == 10);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
        assertThat(consumer.process().stop()).isEqualTo(143);
        assertThat(consumer.process().err()).doesNotContain("Exception", "\tat ");
    }

    private static List<Integer> statuses(Measured consumer, String... lines) {
        return RawHttp.statuses(RawHttp.exchange(consumer.uri(), RawHttp.request(lines[0], "",
                Lab.with(List.of(lines).subList(1, lines.length).toArray(String[]::new), "Host: lab",
                        "Connection: close"))));
    }

    @Test
    void aPortThatIsTakenOrWrongIsOneSentence(Lab lab) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Ended ended = lab.runConsumer("--metrics-port", String.valueOf(taken.getLocalPort()));
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.err()).hasLineCount(1).contains("Port " + taken.getLocalPort()
                    + " on 127.0.0.1 is in use or not available");
        }
        Ended unknown = lab.runConsumer("--metrics-port", "0", "--metrics-host", "no-such-host.invalid");
        assertThat(unknown.exitCode()).as(unknown.tail()).isEqualTo(1);
        assertThat(unknown.err()).contains("no-such-host.invalid is in use or not available").hasLineCount(1);
        Ended wrong = lab.runConsumer("--metrics-port", "70000");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("--metrics-port has to be 0 to 65535").hasLineCount(1);
    }

    /** A line of JSON, like all others. */
    @Test
    void asJsonItSaysWhereItsMetricsAre(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        String url = lab.consumer("--metrics-port", "0", "--json").awaitOut("the address",
                Pattern.compile("\"type\":\"metrics\",.*\"url\":\"(http://127.0.0.1:\\d+/metrics)\""), SOON);
        assertThat(new Measured(null, URI.create(url)).health("live")).isEqualTo(200);
    }
}
