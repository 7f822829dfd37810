package proofs.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import lab.Api;
import lab.Broker;
import lab.Cluster;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Ports;
import lab.Proxy;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** KafkaProxy passes everything, and breaks the network exactly where it is asked to. */
@ExtendWith(LabExtension.class)
class ProxyProof {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    // --- it passes everything -------------------------------------------------------------------------------------

    @Test
    void inFrontOfAnyKafkaNobodyGoesPastIt(Lab lab) {
        worksThrough(Proxy.before(lab), lab);
    }

    @Test
    void withTheBrokersOwnAddressesTheyGoPastIt(Lab lab) {
        Proxy proxy = Proxy.before(lab, "--no-rewrite");
        lab.kafka().createTopic(lab.events, 1);
        try (Kafka kafka = new Kafka(proxy.bootstrap())) {
            kafka.send(lab.events, "k", "v");
        }
        assertThat(proxy.requests("Metadata")).isNotEmpty();
        assertThat(proxy.requests("Produce")).isEmpty();
    }

    @Test
    void aBrokerThatAdvertisesItNeedsNoRewriting(Lab lab) {
        int port = Ports.free(2);
        Running broker = lab.start("KafkaBroker", "--port", "0", "--proxy", String.valueOf(port));
        String direct = Broker.address(broker);
        assertThat(broker.awaitOut("for a proxy", Pattern.compile("For a proxy: (.*)\\n"), PATIENCE))
                .isEqualTo("KafkaProxy.java --port " + port + " --bootstrap-server 127.0.0.1:" + (port + 1));
        Proxy proxy = Proxy.start(lab, String.valueOf(port), "127.0.0.1:" + (port + 1));
        try (Lab own = new Lab(Broker.running(direct), lab.folder())) {
            worksThrough(proxy, own);
            assertThat(own.kafka().partitions(own.events)).as("clients of the other port go past it").isZero();
        }
        assertThat(proxy.process().err()).doesNotContain("leads to Kafka");
    }

    /**
     * Each broker has a port at the proxy, also one that becomes the leader later: the answer that says so has its
     * address, too (KIP-951).
     */
    @Test
    void allBrokersOfAClusterAreBehindIt(Lab lab) throws Exception {
        Cluster cluster = new Cluster(lab.folder(), 3);
        List<String> addresses = List.of(cluster.bootstrap().split(","));
        Proxy proxy = Proxy.start(lab, "0", addresses.getFirst());
        try (cluster; Kafka kafka = new Kafka(proxy.bootstrap());
                KafkaProducer<String, String> producer = connectsToLeaders(proxy)) {
            Kafka direct = cluster.kafka();
            direct.createTopicOn("moves", 1, 1);
            assertThat(producer.send(new ProducerRecord<>("moves", "before"))).succeedsWithin(PATIENCE);
            TopicPartition partition = new TopicPartition("moves", 0);
            direct.admin().alterPartitionReassignments(
                    Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(2))))).all().get();
            await("it has moved").atMost(PATIENCE).until(() ->
                    direct.admin().listPartitionReassignments().reassignments().get().isEmpty());
            assertThat(producer.send(new ProducerRecord<>("moves", "after"))).succeedsWithin(PATIENCE);
            assertThat(proxy.requests("Produce").getFirst()).endsWith(", to " + addresses.getFirst());
            assertThat(proxy.requests("Produce").getLast()).endsWith(", to " + addresses.get(1));
            assertThat(kafka.records("moves")).extracting(record -> Kafka.text(record.value()))
                    .as("this producer is not idempotent: it may send again what the old leader has taken")
                    .startsWith("before").endsWith("after").containsOnly("before", "after");
            assertThat(proxy.requests("Fetch").getLast()).endsWith(", to " + addresses.get(1));
        }
    }

    @Test
    void clientsWithAPasswordPassToo(Lab lab) {
        String login = "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" "
                + "password=\"alice-secret\"";
        Running broker = lab.start("KafkaBroker", "--port", "0",
                "--property", "security.inter.broker.protocol=SASL_PLAINTEXT",
                "--property", "sasl.enabled.mechanisms=PLAIN",
                "--property", "sasl.mechanism.inter.broker.protocol=PLAIN",
                "--property", "listener.name.sasl_plaintext.plain.sasl.jaas.config=" + login
                        + " user_alice=\"alice-secret\";");
        Proxy proxy = Proxy.start(lab, "0", Broker.address(broker));
        try (Kafka kafka = new Kafka(Map.of("bootstrap.servers", proxy.bootstrap(), "security.protocol",
                "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN", "sasl.jaas.config", login + ";"))) {
            kafka.createTopic("t", 1);
            kafka.send("t", "k", "v");
            assertThat(kafka.records("t")).hasSize(1);
        }
        assertThat(proxy.requests("SaslAuthenticate")).isNotEmpty();
        assertThat(proxy.requests("Produce")).hasSize(1);
    }

    /** A producer that has no reason to connect to a broker before it is the leader. */
    private static KafkaProducer<String, String> connectsToLeaders(Proxy proxy) {
        return new KafkaProducer<>(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, proxy.bootstrap(),
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false), new StringSerializer(), new StringSerializer());
    }

    /** An API and a consumer, each of whose requests has to be in the trace. */
    private static void worksThrough(Proxy proxy, Lab lab) {
        Lab through = lab.through(proxy.bootstrap());
        Api api = through.api();
        through.consumer();
        assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
        assertThat(api.post(Api.order("customerf")).status()).isEqualTo(201);
        through.awaitCaughtUp();
        assertThat(through.ordersByOutcomes()).isEqualTo(Map.of(1, 2L));
        assertThat(through.deadLetters()).hasSize(1);
        assertThat(proxy.requests("Produce")).anyMatch(line -> line.matches(
                "Produce#\\d+ of order-api, \\d+ bytes, correlation \\d+, version \\d+, to [\\d.]+:\\d+"));
        for (String kind : List.of("Fetch", "OffsetCommit", "JoinGroup", "CreateTopics")) {
            assertThat(proxy.requests(kind)).as(kind).isNotEmpty();
        }
        assertThat(proxy.command()).containsPattern("requests Produce [2-9]").doesNotContain("held", "rule");
    }

    // --- rules ----------------------------------------------------------------------------------------------------

    /** Until the request is released, neither broker nor client knows. */
    @Test
    void aRequestThatIsHeldReachesTheBrokerWhenItIsReleased(Lab lab) {
        Proxy proxy = Proxy.before(lab, "--hold", "produce#1@order-.*");
        Lab through = lab.through(proxy.bootstrap());
        Api api = through.api();
        Future<Api.Answer> first = CompletableFuture.supplyAsync(() -> api.post(Api.order("customer123")));
        proxy.awaitLine("held Produce#1 of order-api");
        assertThat(proxy.command()).contains("held Produce#1 of order-api").doesNotContain("rule");
        assertThat(lab.kafka().records(through.events)).isEmpty();
        assertThat(first).isNotDone();
        proxy.command("release");
        assertThat(first).succeedsWithin(PATIENCE).extracting(Api.Answer::status).isEqualTo(201);
        assertThat(api.post(Api.order("customer123")).status()).as("it is held once").isEqualTo(201);
        assertThat(lab.kafka().records(through.events)).hasSize(2);
    }

    /** Neither the request nor the answer arrives, and their connections are closed: the client sends again. */
    @Test
    void whatIsHeldAndDroppedNeverArrives(Lab lab) {
        Proxy proxy = Proxy.before(lab);
        String topic = lab.events;
        lab.kafka().createTopic(topic, 1);
        try (Kafka kafka = new Kafka(proxy.bootstrap())) {
            for (String command : List.of("hold Produce#1", "hold-answer Produce#1")) {
                int before = proxy.lines("held").size();
                proxy.command(command);
                Future<?> sent = CompletableFuture.supplyAsync(() -> kafka.send(topic, "a", command));
                await("held").atMost(PATIENCE).until(() -> proxy.lines("held").size() > before);
                assertThat(lab.kafka().records(topic)).as(command).hasSize(before * 2);
                assertThat(proxy.command("drop")).doesNotContain("held");
                assertThat(sent).as("it is sent again").succeedsWithin(PATIENCE);
            }
        }
        assertThat(proxy.lines("dropped")).hasSize(2);
        assertThat(lab.kafka().records(topic)).as("by an idempotent producer").hasSize(2);
    }

    @Test
    void aRequestIsDelayedOrHeldForATime(Lab lab) {
        Proxy proxy = Proxy.before(lab, "--delay", "Produce#1", "--delay-ms", "700", "--release-after", "900");
        String topic = lab.events;
        lab.kafka().createTopic(topic, 1);
        try (Kafka kafka = new Kafka(proxy.bootstrap())) {
            assertThat(timed(() -> kafka.send(topic, "a", "1"))).isBetween(700L, 60_000L);
            proxy.command("hold Produce#1");
            assertThat(timed(() -> kafka.send(topic, "b", "2"))).isBetween(900L, 60_000L);
            proxy.command("hold-answer Produce#1");
            Future<Long> third = CompletableFuture.supplyAsync(() -> timed(() -> kafka.send(topic, "c", "3")));
            proxy.awaitLine("held the answer of Produce#3");
            assertThat(lab.kafka().records(topic)).as("the broker has it already").hasSize(3);
            assertThat(third).succeedsWithin(PATIENCE).matches(ms -> ms >= 900);
        }
        assertThat(lab.kafka().records(topic)).hasSize(3);
    }

    private static long timed(Runnable action) {
        long start = System.nanoTime();
        action.run();
        return (System.nanoTime() - start) / 1_000_000;
    }

    /**
     * A client that gave up cannot take back what the network still has; nor can answers that it does not take any
     * longer, to requests before the one that is held.
     */
    @Test
    void aHeldRequestArrivesAfterItsClientHasGone(Lab lab) {
        Running broker = lab.start("KafkaBroker", "--port", "0");
        String address = Broker.address(broker);
        Proxy proxy = Proxy.start(lab, "0", address);
        try (Kafka direct = new Kafka(address)) {
            direct.createTopic("t", 1);
            KafkaProducer<String, String> producer = givesUp(proxy);
            assertThat(producer.send(new ProducerRecord<>("t", "in time"))).succeedsWithin(PATIENCE);
            proxy.command("hold Produce#4", "drop-answer Produce#4");
            broker.freeze();
            for (int number = 2; number < 5; number++) {
                producer.send(new ProducerRecord<>("t", "before"));
                proxy.awaitLine("Produce#" + number);
            }
            Future<?> late = producer.send(new ProducerRecord<>("t", "late"));
            proxy.awaitLine("held Produce#5");
            assertThat(late).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(TimeoutException.class);
            producer.close();
            broker.thaw();
            await("those before it").atMost(PATIENCE).until(() -> direct.records("t").size() == 4);
            proxy.command("release");
            await("the late record").atMost(PATIENCE).until(() -> direct.records("t").size() == 5);
            proxy.awaitLine("dropped the answer of Produce#5");
        }
    }

    private static KafkaProducer<String, String> givesUp(Proxy proxy) {
        return new KafkaProducer<>(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, proxy.bootstrap(),
                ProducerConfig.RETRIES_CONFIG, 0, ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false,
                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 1_500, ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 2_000,
                ProducerConfig.LINGER_MS_CONFIG, 0), new StringSerializer(), new StringSerializer());
    }

    @Test
    void aLostAnswerLeadsToAResend(Lab lab) {
        assertThat(recordsAfterALostAnswer(lab)).hasSize(1);
    }

    @Test
    void withoutIdempotenceTheResendIsASecondRecord(Lab lab) {
        assertThat(recordsAfterALostAnswer(lab, "--no-idempotence")).hasSize(2);
    }

    private static List<?> recordsAfterALostAnswer(Lab lab, String... options) {
        Proxy proxy = Proxy.before(lab, "--drop-answer", "Produce#1");
        Lab through = lab.through(proxy.bootstrap());
        assertThat(through.api(options).post(Api.order("customer123")).status()).isEqualTo(201);
        assertThat(proxy.lines("dropped the answer of Produce#1")).hasSize(1);
        assertThat(proxy.requests("Produce")).hasSize(2);
        return lab.kafka().records(through.events);
    }

    /** With one order, all that the consumer writes is its outcome. */
    @Test
    void anOutcomeWhoseAcknowledgementIsLostIsWrittenOnce(Lab lab) {
        Proxy proxy = Proxy.before(lab, "--drop-answer", "Produce#1@.*-writer");
        Lab through = lab.through(proxy.bootstrap());
        through.sendOrders(0, 1);
        through.consumer();
        through.awaitCaughtUp();
        assertThat(proxy.lines("dropped the answer of Produce#1")).hasSize(1);
        assertThat(lab.kafka().records(through.outcomes)).hasSize(1);
    }

    /** Its commits never arrive; then it is killed, and the next one gets everything again. */
    @Test
    void withoutCommitsEverythingComesAgainAndTheLedgerFindsIt(Lab lab) {
        assertThat(outcomesAfterLostCommits(lab)).isEqualTo(Map.of(1, 10L));
    }

    @Test
    void withoutALedgerItIsDoneAgain(Lab lab) {
        assertThat(outcomesAfterLostCommits(lab, "--dedup", "none")).isEqualTo(Map.of(2, 10L));
    }

    private static Map<Integer, Long> outcomesAfterLostCommits(Lab lab, String... options) {
        Proxy proxy = Proxy.before(lab, "--close", "OffsetCommit");
        Lab through = lab.through(proxy.bootstrap());
        through.sendOrders(0, 10);
        String[] all = Lab.with(options, "--instance-id", "one"); // it takes its place again at once
        Running first = through.consumer(all);
        await("all outcomes").atMost(PATIENCE).until(() -> through.ordersByOutcomes().equals(Map.of(1, 10L)));
        proxy.awaitLine("closed before OffsetCommit#1");
        first.kill9();
        assertThat(lab.kafka().committed(through.group, through.events)).isEmpty();
        proxy.command("heal");
        through.consumer(all);
        through.awaitCaughtUp();
        return through.ordersByOutcomes();
    }

    /** Chance is not chance: it depends on the seed alone. */
    @Test
    void theSameSeedMeetsTheSameRequests(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        List<List<String>> met = List.of("7", "7", "8").stream().map(seed -> {
            Proxy proxy = Proxy.before(lab, "--hold-answer", "Produce%25", "--release-after", "1", "--seed", seed);
            try (Kafka kafka = new Kafka(proxy.bootstrap())) {
                IntStream.range(0, 100).forEach(i -> kafka.send(lab.events, "k", "v"));
            }
            assertThat(proxy.requests("Produce")).hasSize(100);
            return proxy.lines("held the answer of").stream().map(line -> line.replaceAll(" of producer.*", ""))
                    .toList();
        }).toList();
        assertThat(met.get(0)).hasSizeBetween(10, 45).isEqualTo(met.get(1)).isNotEqualTo(met.get(2));
    }

    // --- commands -------------------------------------------------------------------------------------------------

    @Test
    void nothingPassesABlackHoleAndThenEverything(Lab lab) {
        Proxy proxy = Proxy.before(lab);
        Lab through = lab.through(proxy.bootstrap());
        Api api = through.api("--timeout-ms", "2000");
        assertThat(api.post(Api.order("customer123"), "Idempotency-Key", "before").status()).isEqualTo(201);
        assertThat(proxy.command("blackhole")).startsWith("blackhole\n");
        assertThat(api.post(Api.order("customer123"), "Idempotency-Key", "in").status()).isIn(503, 504);
        assertThat(lab.kafka().records(through.events)).hasSize(1);
        assertThat(proxy.command("heal")).doesNotContain("blackhole");
        await("orders are taken again").atMost(PATIENCE)
                .until(() -> api.post(Api.order("customer123"), "Idempotency-Key", "in").status() == 201);
        assertThat(lab.kafka().records(through.events)).hasSize(2);
    }

    @Test
    void aWrongCommandIsRefusedAndSoIsAWebPage(Lab lab) {
        Proxy proxy = Proxy.before(lab);
        assertThatThrownBy(() -> proxy.command("hold Produce#1", "holdup Produce#1"))
                .hasMessageContaining("holdup Produce#1 is not a command: give release, drop, blackhole, heal, or a ");
        assertThatThrownBy(() -> proxy.command("close")).hasMessageContaining("close is not a command");
        assertThatThrownBy(() -> proxy.command("close Pruduce")).hasMessageContaining("did you mean Produce?");
        assertThat(proxy.command()).isEqualTo("rule hold Produce#1\n");
        assertThat(proxy.post("blackhole", "Origin", "https://example.org").statusCode()).isEqualTo(403);
        assertThat(proxy.command()).doesNotContain("blackhole");
    }

    // --- what it refuses, and its end -----------------------------------------------------------------------------

    @Test
    void wrongOptionsAreAnsweredInOneSentence(Lab lab) {
        refused(lab, "--hold Produse#1: Kafka has no request of the kind Produse; did you mean Produce?", "--hold",
                "Produse#1");
        refused(lab, "--close Everything: Kafka has no request of the kind Everything; the kinds are AddOffsetsToTxn, ",
                "--close", "Everything");
        refused(lab, "--drop-answer Produce#x is not a rule: give a kind of request (Produce for all of them",
                "--drop-answer", "Produce#x");
        refused(lab, "--delay Produce#0 never happens: the first request is #1", "--delay", "Produce#0");
        refused(lab, "--hold-answer Fetch@(: what follows @ is not a regular expression", "--hold-answer", "Fetch@(");
        refused(lab, "--release-after have to be 0 or more", "--release-after", "-1");
        refused(lab, "--bootstrap-server nowhere is not an address", "--bootstrap-server", "nowhere");
        refused(lab, "--port 70000 is not a port", "--port", "70000");
        assertThat(lab.runInSeries("KafkaBroker", "--port", "0", "--proxy", "9292", "--property",
                "security.inter.broker.protocol=SSL").err()).contains("a proxy cannot read what is encrypted");
    }

    private static void refused(Lab lab, String sentence, String... options) {
        Ended ended = lab.runInSeries("KafkaProxy", options);
        assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(2);
        assertThat(ended.err()).contains(sentence).hasLineCount(1);
    }

    @Test
    void whatIsNotKafkaIsReportedAndStopsNothing(Lab lab) throws IOException {
        Proxy proxy = Proxy.before(lab);
        String[] address = proxy.bootstrap().split(":");
        for (int size : new int[] {0x16030100, 0x47455420, -1}) { // TLS, GET, nothing known
            try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
                socket.getOutputStream().write(ByteBuffer.allocate(4).putInt(size).array());
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
        }
        assertThat(proxy.process().err()).contains("it uses TLS, and a proxy cannot read what is encrypted",
                "it is not Kafka's protocol");
        lab.kafka().createTopic(lab.events, 1);
        try (Kafka kafka = new Kafka(proxy.bootstrap())) {
            assertThat(kafka.send(lab.events, "k", "v").offset()).isZero();
        }
    }

    @Test
    void itMayBeStartedBeforeItsBrokerAndAStopIsClean(Lab lab) throws IOException {
        int port = Ports.free(1);
        Proxy proxy = Proxy.start(lab, "0", "127.0.0.1:" + port);
        String[] address = proxy.bootstrap().split(":");
        try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(proxy.process().err()).contains("Kafka at 127.0.0.1:" + port + " cannot be reached");
        Ended second = lab.runInSeries("KafkaProxy", "--port", address[1]);
        assertThat(second.exitCode()).as(second.tail()).isEqualTo(1);
        assertThat(second.err()).contains("Port " + address[1] + " on 127.0.0.1 is in use").hasLineCount(1);
        Broker.address(lab.start("KafkaBroker", "--port", String.valueOf(port)));
        try (Kafka direct = new Kafka("127.0.0.1:" + port)) {
            direct.createTopic("t", 1);
            proxy.command("hold Produce");
            var producer = new KafkaProducer<>(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, proxy.bootstrap()),
                    new StringSerializer(), new StringSerializer());
            producer.send(new ProducerRecord<>("t", "v"));
            proxy.awaitLine("held Produce#1");
            assertThat(proxy.process().stop()).isEqualTo(143);
            producer.close(Duration.ZERO);
            assertThat(direct.records("t")).as("what is held does not pass at the end").isEmpty();
        }
    }
}
