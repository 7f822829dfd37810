package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import consumer.Delivery;
import consumer.Handled;
import consumer.OutcomeRecords;
import consumer.OwnedPartition;
import consumer.Workers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import ledger.Ledger;
import messages.Context;
import messages.Digest;
import messages.Message;
import messages.NotNow;
import messages.OutcomeFormat;
import messages.TransientFailure;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import work.Handler;
import work.KeyedWorkers;
import work.Processing.Limits;
import work.Processing;
import work.Reminder;
import work.Result.Abandoned;
import work.Result.DeadLettered;
import work.Result.Processed;

/**
 * Attempts that fail, hang or lose their partition, and all of them when a service that they need is away: no order is
 * lost, and only a bad one is dead-lettered (5).
 */
@ExtendWith(LabExtension.class)
class AttemptsProof {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration AFTER_PAUSES = Duration.ofSeconds(40); // those of an outage double
    private static final Duration START = Duration.ofSeconds(60);
    private static final int LONG_MS = 60_000;
    private static final int ORDERS = 100;
    private static final int CONCURRENCY = 10;

    private final OwnedPartition first = partition(0);
    private final OwnedPartition second = partition(1);
    private final AtomicInteger retries = new AtomicInteger();
    private final List<Handled> returned = new ArrayList<>();
    private Processing<String> processing;
    private Workers<String> workers;

    // --- failures that cannot be read, and tasks that throw -------------------------------------------------------

    /** A driver may turn the interrupt into an exception of its own. */
    @Test
    @Tag("check")
    void anAttemptThatTakesTooLongIsReportedAsThatWhateverItsInterruptBecomes() {
        handle(limits(100, 1, 0), (body, context) -> {
            try {
                hang();
            } catch (InterruptedException e) {
                throw new IllegalStateException("Connection is broken");
            }
        });
        submit(first, 0, "key", "order");
        assertThat(awaitReturned(1).getFirst().result()).isInstanceOfSatisfying(DeadLettered.class,
                letter -> assertThat(letter.cause()).isInstanceOf(TransientFailure.class)
                        .hasMessage("not handled within 100 ms").hasRootCauseMessage("Connection is broken"));
    }

    @Test
    @Tag("check")
    void anExceptionThatCannotBeReadIsDeadLetteredAndTheNextRecordOfItsKeyIsHandled() {
        handle(limits(LONG_MS, 2, 0), (body, context) -> {
            switch (body) {
                case "bad" -> throw new Unreadable();
                case "its cause is bad" -> throw new IllegalStateException("readable", new Unreadable());
                default -> {
                }
            }
        });
        submit(first, 0, "key", "bad");
        submit(first, 1, "key", "its cause is bad");
        submit(first, 2, "key", "good");
        awaitReturned(3);
        assertThat(error(returned.get(0), "message")).contains(Unreadable.class.getName(), "cannot be read");
        assertThat(error(returned.get(1), "message")).isEqualTo("readable");
        assertThat(error(returned.get(1), "stacktrace"))
                .contains("IllegalStateException: readable", "cannot be printed");
        assertThat(returned.get(2).result()).isInstanceOf(Processed.class);
    }

    private static String error(Handled handled, String name) {
        return Kafka.text(handled.deadLetter().headers().lastHeader("__dlq.errors." + name).value());
    }

    private static final class Unreadable extends RuntimeException {
        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }
    }

    @Test
    @Tag("check")
    void aTaskThatThrowsDoesNotStopTheNextOfItsKey() {
        CountDownLatch next = new CountDownLatch(1);
        try (KeyedWorkers keyed = new KeyedWorkers(1, SOON)) {
            keyed.submit("key", () -> {
                throw new Unreadable();
            });
            keyed.submit("key", next::countDown);
            await("the next one runs").atMost(SOON).until(() -> next.getCount() == 0);
        }
    }

    // --- partitions that leave ------------------------------------------------------------------------------------

    /** And what follows it and has not begun: otherwise a later record of its key would be handled before it. */
    @Test
    @Tag("check")
    void whatWaitsForARetryWhenItsPartitionDrainsIsLeftToTheNextOwner() {
        handle(limits(LONG_MS, 3, LONG_MS), (body, context) -> {
            if (body.equals("fails")) {
                throw new TransientFailure("away");
            }
        });
        submit(first, 0, "key", "fails");
        submit(first, 1, "key", "later");
        submit(first, 2, "other key", "passes");
        assertThat(awaitReturned(1).getFirst().result()).isInstanceOf(Processed.class);
        await("one waits for a retry").atMost(SOON).until(() -> retries.get() == 1);
        first.drain();
        assertThat(awaitReturned(3).subList(1, 3)).extracting(Handled::result).hasOnlyElementsOfType(Abandoned.class);
    }

    @Test
    void aStopLeavesAnOrderThatWaitsForARetryToTheNextConsumer(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().send(new ProducerRecord<>(lab.events, 0, Kafka.bytes("order-1"),
                Kafka.bytes(Api.record("order-1", "customer-r", "1"))));
        Running consumer = lab.consumer("--retry-backoff-ms", "10000", "--max-attempts", "2", "--json",
                "--figures-interval-ms", "50");
        awaitRetries(consumer, "1");
        assertThat(consumer.stop()).isEqualTo(143);
        lab.consumer("--retry-backoff-ms", "20");
        lab.awaitCaughtUp();
        assertThat(statuses(lab)).containsExactly("processed");
        assertThat(lab.deadLetters()).isEmpty();
    }

    @Test
    @Tag("check")
    void anAttemptIsInterruptedWhenItsPartitionLeaves() {
        AtomicReference<Context> given = new AtomicReference<>();
        handle(limits(LONG_MS, 3, 0), (body, context) -> {
            context.check();
            given.set(context);
            hang();
        });
        submit(second, 7, "key", "order");
        await("it is being handled").atMost(SOON).until(() -> given.get() != null);
        Context context = given.get();
        assertThat(context.partition()).isEqualTo(second.topicPartition());
        assertThat(context.offset()).isEqualTo(7);
        assertThat(context.attempt()).isEqualTo(1);
        assertThat(context.deadline()).isBetween(Instant.now(), Instant.now().plusMillis(LONG_MS));
        assertThat(context.cancelled()).isFalse();
        second.forget();
        assertThat(awaitReturned(1).getFirst().result()).isInstanceOf(Abandoned.class);
        assertThat(context.cancelled()).isTrue();
        assertThatThrownBy(context::check).isInstanceOf(CancellationException.class)
                .hasMessageContaining("stop, and have no further effect");
    }

    // --- a handler that cannot work now ---------------------------------------------------------------------------

    @Test
    @Tag("check")
    void aHandlerThatCannotWorkNowUsesUpNoAttempt() {
        AtomicInteger calls = new AtomicInteger();
        handle(limits(LONG_MS, 1, 1), (body, context) -> {
            assertThat(context.attempt()).isEqualTo(1);
            if (calls.incrementAndGet() <= 3) {
                throw new NotNow("slow down");
            }
        });
        submit(first, 0, "key", "order");
        assertThat(awaitReturned(1).getFirst().result()).isInstanceOfSatisfying(Processed.class,
                processed -> assertThat(processed.attempts()).isEqualTo(1));
        assertThat(calls).hasValue(4);
    }

    @Test
    @Tag("check")
    void aHandlerThatCannotWorkNowPausesItsPartitionAndNoOther() {
        List<String> handled = new CopyOnWriteArrayList<>();
        handle(limits(LONG_MS, 1, LONG_MS), (body, context) -> {
            handled.add(body);
            if (context.partition().equals(first.topicPartition())) {
                throw new NotNow("slow down");
            }
        });
        submit(first, 0, "a", "asked to wait");
        await("the first is paused").atMost(SOON).until(() -> first.gate().isPaused());
        submit(first, 1, "b", "waits");
        submit(second, 0, "c", "passes");
        assertThat(awaitReturned(1).getFirst().result()).isInstanceOf(Processed.class);
        first.drain();
        assertThat(awaitReturned(3).subList(1, 3)).extracting(Handled::result).hasOnlyElementsOfType(Abandoned.class);
        assertThat(handled).containsExactly("asked to wait", "passes");
    }

    // --- outages --------------------------------------------------------------------------------------------------

    /** It uses up no attempts: orders that failed before it was found may fail once more afterwards. */
    @Test
    @Tag("check")
    void anOutageIsFoundAndItsEndToo() {
        AtomicBoolean away = new AtomicBoolean(true);
        AtomicInteger trials = new AtomicInteger();
        Set<String> failOnceMore = ConcurrentHashMap.newKeySet();
        failOnceMore.addAll(Set.of("order 0", "order 1", "order 2"));
        handle(limits(LONG_MS, 2, 200), (body, context) -> {
            if (away.get()) {
                trials.addAndGet(processing.outages().open() ? 1 : 0);
                throw new TransientFailure("away");
            }
            if (failOnceMore.remove(body)) {
                throw new TransientFailure("hiccup");
            }
        });
        IntStream.range(0, ORDERS).forEach(i -> submit(first, i, "key " + i, "order " + i));
        await("one is tried in vain").atMost(SOON).until(() -> trials.get() == 1);
        assertThat(workers.take(Duration.ZERO)).isEmpty();
        away.set(false);
        assertThat(awaitReturned(ORDERS)).extracting(Handled::result).hasOnlyElementsOfType(Processed.class);
        assertThat(processing.outages().open()).isFalse();
        assertThat(processing.outages().outages()).isEqualTo(1);
    }

    @Test
    @Tag("check")
    void whatGoesOnIsSaidAtOnceAndThenNotForAWhile() {
        Reminder reminder = new Reminder();
        assertThat(reminder.isDue()).isTrue();
        assertThat(reminder.isDue()).isFalse();
        Reminder resting = new Reminder();
        resting.rest();
        assertThat(resting.isDue()).as("what ends soon is not worth a line").isFalse();
    }

    @Test
    @Tag("check")
    void aBadRecordThatIsTriedOftenIsNoOutage() {
        handle(limits(LONG_MS, 50, 0), (body, context) -> {
            throw new TransientFailure("bad");
        });
        submit(first, 0, "key", "order");
        assertThat(awaitReturned(1).getFirst().result()).isInstanceOfSatisfying(DeadLettered.class,
                letter -> assertThat(letter.attempts()).isEqualTo(50));
        assertThat(processing.outages().outages()).isZero();
    }

    /** They fail twice each, all at the same time, and would never pass if they waited for each other. */
    @Test
    @Tag("check")
    void manyThatPassInTheEndAreNoOutage() {
        handle(limits(LONG_MS, 3, 20), (body, context) -> {
            if (context.attempt() < 3) {
                throw new TransientFailure("not yet");
            }
        });
        IntStream.range(0, ORDERS).forEach(i -> submit(first, i, "key " + i, "order " + i));
        assertThat(awaitReturned(ORDERS)).extracting(Handled::result).hasOnlyElementsOfType(Processed.class);
        assertThat(processing.outages().outages()).isZero();
    }

    /** The one that is tried is bad itself: then it is the turn of another one. */
    @Test
    @Tag("check")
    void aBadRecordDoesNotProlongAnOutage() {
        AtomicBoolean away = new AtomicBoolean(true);
        Set<String> tried = ConcurrentHashMap.newKeySet();
        handle(limits(LONG_MS, 2, 200), (body, context) -> {
            if (away.get() || tried.contains(body)) {
                if (processing.outages().open()) {
                    tried.add(body);
                    away.set(false); // from now on only this one fails
                }
                throw new TransientFailure("away");
            }
        });
        IntStream.range(0, ORDERS).forEach(i -> submit(first, i, "key " + i, "order " + i));
        assertThat(awaitReturned(ORDERS)).extracting(Handled::result).filteredOn(DeadLettered.class::isInstance)
                .hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void whileAServiceIsAwayNoOrderIsDeadLetteredAndAllAreProcessedAfterwards(Lab lab) throws Exception {
        assertThat(outage(lab)).as("dead letters").isZero();
    }

    @Test
    void withoutABreakerAnOutageDeadLettersWhatItMeets(Lab lab) {
        assertThatThrownBy(() -> assertThat(outage(lab, "--breaker-share", "0")).as("dead letters").isZero())
                .isInstanceOf(AssertionError.class).hasMessageContaining("dead letters");
    }

    /** For a minute, in which some are tried in vain while the others wait, or until all are dead-lettered. */
    private static int outage(Lab lab, String... switches) throws Exception {
        Path away = away(lab);
        Running consumer = away(lab, away, switches);
        Pattern aMinute = Pattern.compile("all orders still wait, for 6\\d s now");
        await("a minute, or all are dead-lettered").atMost(Duration.ofMinutes(2)).until(() -> switches.length > 0
                ? lab.kafka().caughtUp(lab.group, lab.events)
                : aMinute.matcher(consumer.err()).find() && consumer.out().contains("\"outage_ms\":60"));
        Files.delete(away);
        lab.awaitCaughtUp();
        int letters = lab.deadLetters().size();
        assertThat(statuses(lab)).hasSize(ORDERS);
        assertThat(statuses(lab).stream().filter("processed"::equals)).hasSize(ORDERS - letters);
        return letters;
    }

    @Test
    void aStopDuringAnOutageIsQuickAndDeadLettersNothing(Lab lab) throws Exception {
        Running consumer = away(lab, away(lab));
        await("an outage").atMost(START).until(() -> consumer.err().contains("All wait, and none is dead-lettered"));
        long stopped = System.nanoTime();
        assertThat(consumer.stop()).isEqualTo(143);
        assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(SOON);
        assertThat(lab.deadLetters()).isEmpty();
        lab.consumer();
        lab.awaitCaughtUp();
        assertThat(lab.deadLetters()).isEmpty();
        assertThat(statuses(lab)).hasSize(ORDERS).containsOnly("processed");
    }

    private static Path away(Lab lab) throws Exception {
        return Files.createFile(Files.createDirectories(lab.folder()).resolve("away"));
    }

    /** A consumer of a hundred orders, whose service is away. */
    private static Running away(Lab lab, Path away, String... switches) {
        lab.sendOrders(0, ORDERS);
        return lab.consumer(Lab.with(switches, "--away-while", away.toString(), "--concurrency",
                String.valueOf(CONCURRENCY), "--max-attempts", "2", "--json", "--figures-interval-ms", "50"));
    }

    private static void awaitRetries(Running consumer, String number) {
        consumer.awaitOut("retries", Pattern.compile("\"retries\":(" + number + "),"), START);
    }

    /** Of each outcome. */
    private static List<String> statuses(Lab lab) {
        return lab.outcomes().values().stream().flatMap(List::stream).map(outcome -> outcome.path("status").asText())
                .toList();
    }

    // --- workers without a broker ---------------------------------------------------------------------------------

    private static Limits limits(int handlerTimeoutMs, int maxAttempts, int retryBackoffMs) {
        return new Limits(CONCURRENCY, handlerTimeoutMs, maxAttempts, retryBackoffMs, 0.5, 20, false);
    }

    private void handle(Limits limits, Handler<String> handler) {
        processing = new Processing<>("order", record -> new Message<>(Kafka.text(record.value()),
                Digest.of(record.value()), Kafka.text(record.value())), handler, limits, retries::incrementAndGet,
                LoggerFactory.getLogger(AttemptsProof.class));
        workers = new Workers<>(processing, new OutcomeRecords<>("outcomes", "dlq", "group", new TextFormat(),
                Integer.MAX_VALUE), true);
    }

    @AfterEach
    void close() {
        if (processing != null) {
            processing.close();
        }
    }

    private static OwnedPartition partition(int number) {
        return new OwnedPartition(new TopicPartition("orders", number), "", Ledger.inMemory());
    }

    private void submit(OwnedPartition partition, long offset, String key, String body) {
        workers.submit(Delivery.of(new ConsumerRecord<>(partition.topicPartition().topic(),
                partition.topicPartition().partition(), offset, Kafka.bytes(key), Kafka.bytes(body)), partition));
    }

    /** So many, in the order in which the workers return them. */
    private List<Handled> awaitReturned(int records) {
        await("the workers return them").atMost(AFTER_PAUSES).until(() -> {
            returned.addAll(workers.take(Duration.ZERO));
            return returned.size() >= records;
        });
        return returned;
    }

    private static void hang() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    private static final class TextFormat implements OutcomeFormat<String> {
        @Override
        public byte[] processed(Message<String> message, String group, ConsumerRecord<?, ?> source, int attempts) {
            return Kafka.bytes("processed");
        }

        @Override
        public byte[] deadLettered(Message<String> message, Exception cause, String group,
                ConsumerRecord<?, ?> source, int attempts) {
            return Kafka.bytes(cause.getMessage());
        }

        @Override
        public Entry read(byte[] outcome) {
            return new Entry(null, null, null);
        }
    }
}
