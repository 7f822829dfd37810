package proofs.operation;

import static lab.fixtures.SecuredBroker.Right.group;
import static lab.fixtures.SecuredBroker.Right.topic;
import static lab.fixtures.SecuredBroker.Right.transactionalIds;
import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import lab.Api;
import lab.Api.Answer;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.SecuredBroker;
import lab.fixtures.SecuredBroker.Right;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * With TLS, SASL/SCRAM and ACLs everything works with exactly the rights that it needs. A user that is refused, or that
 * lacks a right, gets one sentence that says so, within {@link #SOON}, however many attempts are allowed.
 */
class SecurityProof {
    private static final Duration SOON = Duration.ofSeconds(20);

    @RegisterExtension
    static final LabExtension SECURED = new LabExtension(SecuredBroker::new);

    private static SecuredBroker broker(Lab lab) {
        return (SecuredBroker) lab.broker();
    }

    // --- exactly the rights that are needed -----------------------------------------------------------------------

    /** From the reference's table, if the topics exist. */
    private static List<Right> forTheConsumer(Lab lab) {
        return List.of(topic(READ, lab.events), topic(DESCRIBE_CONFIGS, lab.events), topic(READ, lab.outcomes),
                topic(WRITE, lab.outcomes), topic(DESCRIBE_CONFIGS, lab.outcomes), topic(WRITE, lab.dlq),
                group(READ, lab.group), transactionalIds(WRITE, lab.group));
    }

    private static List<Right> forTheApi(Lab lab) {
        return List.of(topic(WRITE, lab.events), topic(READ, lab.events), topic(READ, lab.outcomes));
    }

    private static List<Right> forTheSender(Lab lab) {
        return List.of(topic(WRITE, lab.events), topic(READ, lab.events), topic(READ, lab.outcomes),
                group(DESCRIBE, lab.group));
    }

    private static List<Right> toMakeTheTopics(Lab lab) {
        return Stream.of(lab.events, lab.outcomes, lab.dlq).map(name -> topic(CREATE, name)).toList();
    }

    @Test
    void anOrderIsProcessedWithTheRightsThatTheReferenceLists(Lab lab) {
        Api api = lab.api("--command-config", user(lab, "api", and(forTheApi(lab), toMakeTheTopics(lab))));
        lab.consumer("--commit", "transactional", "--command-config",
                user(lab, "consumer", and(forTheConsumer(lab), toMakeTheTopics(lab))));
        String orderId = api.post(Api.order("customer123")).orderId();
        lab.awaitCaughtUp();
        assertThat(lab.outcomeCounts()).isEqualTo(Map.of(orderId, 1));
        await("the API knows its outcome").atMost(SOON).until(
                () -> api.get("/orders/" + orderId).body().path("status").asText().equals("processed"));
    }

    @Test
    void aConsumerThatLacksARightSaysWhich(Lab lab) {
        createTopics(lab);
        for (Right lacking : forTheConsumer(lab)) {
            String user = user(lab, "consumer-without-" + lacking, without(lacking, forTheConsumer(lab)));
            Ended consumer = lab.runConsumer("--commit", "transactional", "--command-config", user);
            assertThat(consumer.exitCode()).as(lacking + "\n" + consumer.tail()).isEqualTo(1);
            assertThat(lastLine(consumer.err())).startsWith("OrderConsumer: ").contains(theRight(lacking));
        }
    }

    @Test
    void anApiThatMayNotWriteDoesNotStart(Lab lab) {
        createTopics(lab);
        String user = user(lab, "api-that-may-not-write", without(topic(WRITE, lab.events), forTheApi(lab)));
        Ended api = lab.run("OrderApi", "--port", "0", "--bootstrap-server", lab.broker().bootstrap(), "--topic",
                lab.events, "--command-config", user);
        assertThat(sentence(api, 1)).contains("lacks WRITE on the topic " + lab.events);
    }

    @Test
    void anApiThatLosesItsRightRefusesOrdersUntilItHasItAgain(Lab lab) {
        createTopics(lab);
        Right write = topic(WRITE, lab.events);
        Api api = lab.api("--command-config", user(lab, "api-for-a-while", forTheApi(lab)));
        assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
        AtomicInteger created = new AtomicInteger(1);
        Supplier<Answer> post = () -> {
            Answer answer = api.post(Api.order("customer123"));
            created.addAndGet(answer.status() == 201 ? 1 : 0);
            return answer;
        };
        broker(lab).revoke("api-for-a-while", write);
        Answer refused = await("refused").atMost(SOON).until(post::get, answer -> answer.status() != 201);
        assertThat(refused.status()).as(refused.body().toString()).isEqualTo(503);
        post.get();
        broker(lab).grant("api-for-a-while", write);
        await("taken again").atMost(SOON).until(post::get, answer -> answer.status() == 201);
        assertThat(lab.kafka().records(lab.events)).as("the accepted orders, and no more").hasSize(created.get());
    }

    @Test
    void anApiThatMayNotReadTakesOrdersAndSaysWhatItLacks(Lab lab) {
        createTopics(lab);
        Api api = lab.api("--command-config", user(lab, "api-that-may-not-read", List.of(topic(WRITE, lab.events),
                topic(DESCRIBE, lab.outcomes))));
        String orderId = api.post(Api.order("customer123")).orderId();
        assertThat(lab.kafka().records(lab.events)).hasSize(1);
        assertThat(api.get("/orders/" + orderId).body().path("status").asText()).isEqualTo("accepted");
        await("it logs this").atMost(SOON).until(() -> api.process().err()
                .contains("at another instance, are not known here: Not authorized to access topics: ["));
        assertThat(api.process().stop()).isEqualTo(143);
        assertThat(api.process().err().lines()).as("lines of its log").hasSizeLessThan(20);
    }

    @Test
    void aSenderFindsOneOutcomeOfEachOrderOrSaysWhatItLacks(Lab lab) {
        createTopics(lab);
        List<Right> inNoTransaction = without(transactionalIds(WRITE, lab.group), forTheConsumer(lab));
        lab.consumer("--commit", "manual", "--command-config", user(lab, "consumer-for-the-sender", inNoTransaction));
        String allowed = user(lab, "sender", forTheSender(lab));
        assertThat(lab.sendDuplicates("--via", "topic", "--orders", "5", "--command-config", allowed).out())
                .contains("5 with exactly one outcome");
        for (Right lacking : forTheSender(lab)) {
            String user = user(lab, "sender-without-" + lacking, without(lacking, forTheSender(lab)));
            Ended sender =
                    lab.sendDuplicates("--via", "topic", "--orders", "1", "--quiet", "--command-config", user);
            assertThat(sender.exitCode()).as(lacking + "\n" + sender.tail()).isEqualTo(1);
            assertThat(lastLine(sender.err())).startsWith("DuplicateSender: ").contains(theRight(lacking));
        }
    }

    @Test
    void theInspectorNeedsOnlyToReadTheDlq(Lab lab) {
        deadLetter(lab);
        String user = user(lab, "inspector", List.of(topic(READ, lab.dlq)));
        assertThat(quiet(lab.inspect("list", "--command-config", user))).contains("1 dead letter in " + lab.dlq);
        assertThat(quiet(lab.inspect("show", "0:0", "--command-config", user))).contains("customerf");
        assertThat(quiet(lab.inspect("stats", "--command-config", user))).contains("1 dead letter in " + lab.dlq);
        assertThat(quiet(lab.inspect("replay", "--command-config", user))).contains("would replay 1",
                "1 to " + lab.events, "this user may not see the group");
    }

    private static String quiet(Ended ended) {
        assertThat(ended.exitCode()).as(ended.tail()).isZero();
        assertThat(said(ended)).isEmpty();
        return ended.out();
    }

    @Test
    void anInspectorThatMayNotReadSaysSo(Lab lab) {
        deadLetter(lab);
        assertThat(sentence(lab.inspect("list", "--command-config", user(lab, "inspector-of-nothing", List.of())), 1))
                .contains("There is no topic " + lab.dlq, "or this user may not see it", "ask for READ on it");
        assertThat(sentence(lab.inspect("list", "--command-config",
                        user(lab, "inspector-that-may-not-read", List.of(topic(DESCRIBE, lab.dlq)))), 1))
                .contains("lacks READ on the topic " + lab.dlq, "ask for that right");
    }

    @Test
    void aReplayThatMayNotWriteLosesNothing(Lab lab) {
        deadLetter(lab);
        lab.kafka().createTopic(lab.events, 3);
        Right read = topic(READ, lab.dlq);
        Right write = topic(WRITE, lab.events);
        Right group = group(READ, "replays");
        assertThat(sentence(replay(lab, "replayer-1", List.of(read, group)), 1))
                .contains("no topic " + lab.events, "ask for WRITE");
        assertThat(sentence(replay(lab, "replayer-2", List.of(read, group, topic(DESCRIBE, lab.events))), 1))
                .contains("lacks WRITE on the topic " + lab.events);
        assertThat(sentence(replay(lab, "replayer-3", List.of(read, write)), 1)).contains("ask for READ on the group");
        assertThat(sentence(replay(lab, "replayer-4", List.of(read, write, group), "--exactly-once"), 1))
                .contains("ask for WRITE on transactional ids");
        assertThat(sentence(replay(lab, "replayer-7", List.of(read, write, group(DESCRIBE, "replays"))), 1))
                .contains("ask for READ on the group");
        assertThat(lab.kafka().records(lab.events)).isEmpty();
        assertThat(lab.deadLetters()).hasSize(1);

        assertThat(replay(lab, "replayer-5", List.of(read, write, group)).out()).contains("replayed 1 of 1");
        assertThat(replay(lab, "replayer-6", List.of(read, write, group, transactionalIds(WRITE, "replays")),
                "--exactly-once", "--from-beginning").out()).contains("replayed 1 of 1");
        assertThat(lab.kafka().records(lab.events)).hasSize(2);

        String quarantine = lab.dlq + "-quarantine";
        lab.kafka().createTopic(quarantine, 1);
        String[] all = {"--from-beginning", "--max-replays", "0"};
        assertThat(sentence(replay(lab, "replayer-8", List.of(read, group), all), 1)).contains("ask for WRITE");
        assertThat(replay(lab, "replayer-9", List.of(read, group, topic(WRITE, quarantine)), all).out())
                .contains("quarantined 1");
        assertThat(sentence(lab.inspect("show", "0:0", "--fetch-original", "--command-config",
                user(lab, "shower", List.of(read))), 1)).contains("ask for READ on the topic");
    }

    private static Ended replay(Lab lab, String user, List<Right> rights, String... options) {
        return lab.inspect("replay", Lab.with(options, "--execute", "--group", "replays", "--command-config",
                user(lab, user, rights)));
    }

    // --- refused --------------------------------------------------------------------------------------------------

    @Test
    void aRefusedUserGetsTheReason(Lab lab) {
        assertRefused(lab, "-secret\";", "-guess\";", 1, "rejects this user", "invalid credentials",
                "sasl.jaas.config");
        assertRefused(lab, "(?m)^ssl\\..*$", "", 1, "TLS handshake", "unable to find valid certification path",
                "ssl.truststore.location");
    }

    @Test
    void anInvalidCommandConfigIsReported(Lab lab) {
        assertRefused(lab, "truststore\\.p12", "nowhere.p12", 2, "NoSuchFileException", "nowhere.p12");
        assertRefused(lab, "truststore-secret", "guess", 2, "keystore password was incorrect");
        assertRefused(lab, "SASL_SSL", "FOO", 2, "Invalid value FOO for configuration security.protocol");
        assertRefused(lab, "(?m)^sasl.jaas.config=.*$", "sasl.jaas.config=alice", 2, "JAAS config");
    }

    /** A Kafka client takes the broker's TLS alert for the size of a response, and tries again and again. */
    @Test
    void aClientWithoutTlsGetsAClearErrorAtOnce(Lab lab) {
        for (String[] client : new String[][] {{"OrderConsumer"}, {"DlqInspector", "list"}}) {
            Running run = lab.start(client[0], Lab.with(Stream.of(client).skip(1).toArray(String[]::new),
                    "--bootstrap-server", lab.broker().bootstrap()));
            assertThat(sentence(run.ended(SOON), 1)).contains(" expects TLS: set security.protocol=SASL_SSL");
        }
    }

    @Test
    void aClientWithoutAPasswordGetsAClearErrorAfterAllAttempts(Lab lab) {
        String file = broker(lab).write("no-password.properties",
                broker(lab).commandConfig("admin").replace("SASL_SSL", "SSL")).toString();
        assertThat(sentence(lab.inspect("list", "--command-config", file, "--connect-attempts", "1"), 3))
                .contains("did not answer as Kafka does", "does it use security.protocol=SSL?");
    }

    /** With ten attempts allowed, the default: it does not try again if that cannot help. */
    private static void assertRefused(Lab lab, String right, String wrong, int exitCode, String... why) {
        String good = broker(lab).commandConfig("admin");
        String bad = good.replaceAll(right, wrong);
        assertThat(bad).isNotEqualTo(good);
        Running refused = lab.start("DlqInspector", "list", "--bootstrap-server", lab.broker().bootstrap(),
                "--command-config", broker(lab).write("wrong-" + wrong.hashCode() + ".properties", bad).toString());
        assertThat(sentence(refused.ended(SOON), exitCode)).contains(why).doesNotContain("admin-");
    }

    // --- helpers --------------------------------------------------------------------------------------------------

    private static String user(Lab lab, String name, List<Right> rights) {
        return broker(lab).user(name.replaceAll("\\W", "-"), rights.toArray(Right[]::new));
    }

    private static List<Right> and(List<Right> rights, List<Right> more) {
        return Stream.of(rights, more).flatMap(List::stream).toList();
    }

    private static List<Right> without(Right lacking, List<Right> rights) {
        List<Right> others = new ArrayList<>(rights);
        assertThat(others.remove(lacking)).isTrue();
        return others;
    }

    /** A right as the sentence names it: Kafka does not say which transactional id it refuses. */
    private static String[] theRight(Right right) {
        return switch (right.type()) {
            case TRANSACTIONAL_ID -> new String[] {right.operation().name(), "transactional id"};
            default -> new String[] {right.operation().name(), right.name()};
        };
    }

    private static void createTopics(Lab lab) {
        Stream.of(lab.events, lab.outcomes, lab.dlq).forEach(topic -> lab.kafka().createTopic(topic, 3));
    }

    private static void deadLetter(Lab lab) {
        lab.kafka().createTopic(lab.dlq, 1);
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(lab.dlq, Kafka.bytes("order-1"),
                Kafka.bytes(Api.record("order-1", "customerf", "59.98")));
        letter.headers().add("__dlq.errors.topic", Kafka.bytes(lab.events))
                .add("__dlq.errors.partition", Kafka.bytes("0")).add("__dlq.errors.offset", Kafka.bytes("0"));
        lab.kafka().send(letter);
    }

    /** The only line on standard error. */
    private static String sentence(Ended ended, int exitCode) {
        assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(exitCode);
        assertThat(said(ended)).hasSize(1);
        return said(ended).getFirst();
    }

    /** Without the lines that say, on a busy machine, that a response was late. */
    private static List<String> said(Ended ended) {
        return ended.err().lines().filter(line -> !line.matches(".* does not answer.*; attempt \\d+ of .*"))
                .toList();
    }

    private static String lastLine(String text) {
        return text.lines().reduce("", (previous, line) -> line);
    }
}
