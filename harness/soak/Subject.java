package soak;

import history.Event.Fault;
import history.Recorder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lab.Cluster;
import lab.Lab;
import lab.Proxy;
import lab.Running;
import org.apache.kafka.common.KafkaException;
import story.RecordedApi;

/**
 * What is soaked: a cluster of three, with a proxy that all scripts go through, two APIs, three consumers in one group,
 * and now and then a replay. Disruptions of one target happen one after the other, those of different targets at the
 * same time.
 */
final class Subject implements AutoCloseable {
    private static final int BROKERS = 3;
    private static final int IN_SYNC_S = 20;
    private static final int HEAL_S = 240;
    private static final int TRIES = 3;

    private final Recorder recorder;
    private final Mode mode;
    private final Cluster cluster;
    private final Lab direct;
    private final Lab lab; // its scripts go through the proxy
    private final Proxy proxy;
    private final Replays replays;
    private final Map<String, Service> services = new LinkedHashMap<>();
    private final Map<String, RecordedApi> apis = new ConcurrentHashMap<>();
    private final Map<String, ExecutorService> targets = new TreeMap<>();
    private final List<String> network = new CopyOnWriteArrayList<>();
    private final Map<Integer, Disruption.Kind> brokers = new TreeMap<>(); // those that are away

    Subject(Path folder, Recorder recorder, Mode mode, long seed) {
        this.recorder = recorder;
        this.mode = mode;
        String session = String.valueOf(Mode.SESSION.toMillis());
        cluster = new Cluster(folder, BROKERS, "--property", "broker.session.timeout.ms=4000",
                "--property", "broker.heartbeat.interval.ms=1000",
                "--property", "group.consumer.session.timeout.ms=" + session,
                "--property", "group.consumer.min.session.timeout.ms=" + session,
                "--property", "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000");
        direct = new Lab(cluster, folder);
        proxy = Proxy.quiet(direct, "0", cluster.bootstrap().split(",")[0], "--seed", String.valueOf(seed),
                "--delay-ms", "300", "--release-after", "3000");
        lab = direct.through(proxied());
        lab.kafka().createTopic(lab.events, 3);
        replays = new Replays(lab, recorder, !mode.staticIds());
        IntStream.rangeClosed(1, Mode.APIS).forEach(this::addApi);
        IntStream.rangeClosed(1, Mode.CONSUMERS).forEach(this::addConsumer);
    }

    /** The addresses of all brokers at the proxy. */
    private String proxied() {
        try (lab.Kafka kafka = new lab.Kafka(proxy.bootstrap())) {
            return kafka.admin().describeCluster().nodes().get(60, TimeUnit.SECONDS).stream()
                    .map(node -> node.host() + ":" + node.port()).collect(Collectors.joining(","));
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    private void addApi(int number) {
        String name = "api-" + number;
        services.put(name, new Service(name, recorder, life -> {
            apis.remove(name);
            return start("OrderApi", "--bootstrap-server", lab.broker().bootstrap(), "--topic", lab.events,
                    "--outcomes-topic", lab.outcomes, "--port", "0", "--quiet", "--timeout-ms", "2500",
                    "--connect-attempts", "1000");
        }, (life, process) -> {
            try {
                apis.put(name, new RecordedApi(name + ", life " + life, lab.api(process), recorder));
            } catch (RuntimeException e) { // it was killed before it listened
                return;
            }
        }));
    }

    private void addConsumer(int number) {
        String name = "consumer-" + number;
        List<String> options = new ArrayList<>(List.of("--commit", mode.commit(), "--group-protocol", mode.protocol(),
                "--session-timeout-ms", String.valueOf(Mode.SESSION.toMillis()), "--work-ms", "0-250",
                "--figures-interval-ms", "0", "--verbose", "--connect-attempts", "1000"));
        if (mode.staticIds()) {
            options.addAll(List.of("--instance-id", name));
        }
        services.put(name, new Service(name, recorder, life -> consumer(options), (life, process) -> { }));
    }

    /** Lab is not made for several threads. */
    private synchronized Running start(String script, String... options) {
        return lab.start(script, options);
    }

    private synchronized Running consumer(List<String> options) {
        return lab.consumer(options.toArray(String[]::new));
    }

    Lab lab() {
        return lab;
    }

    /** The brokers' own addresses. */
    String bootstrap() {
        return cluster.bootstrap();
    }

    /** Those that listen, as far as is known. */
    List<RecordedApi> apis() {
        return List.copyOf(apis.values());
    }

    // --- disruptions ----------------------------------------------------------------------------------------------

    void begin(Disruption one) {
        on(one, () -> {
            switch (one.kind()) {
                case NETWORK -> {
                    network.add(one.what());
                    proxy.command(one.what());
                    recorder.add(new Fault(Fault.Kind.NETWORK, "network", one.what()));
                }
                case RUN -> replays.run();
                case KILL, STOP, FREEZE -> {
                    if (one.what().equals("replay")) {
                        replays.begin();
                    } else if (isBroker(one)) {
                        harmBroker(one);
                    } else {
                        services.get(one.what().replace(' ', '-')).harm(one.kind());
                    }
                }
            }
        });
    }

    void end(Disruption one) {
        on(one, () -> {
            switch (one.kind()) {
                case NETWORK -> {
                    network.remove(one.what());
                    healNetwork();
                }
                case RUN -> { }
                case KILL, STOP, FREEZE -> {
                    if (one.what().equals("replay")) {
                        replays.kill();
                    } else if (isBroker(one)) {
                        healBrokers();
                    } else {
                        services.get(one.what().replace(' ', '-')).heal();
                    }
                }
            }
        });
    }

    private static boolean isBroker(Disruption one) {
        return one.what().startsWith("broker") || one.what().equals("coordinator");
    }

    private void harmBroker(Disruption one) {
        int number = one.what().equals("coordinator") ? cluster.coordinatorOf(lab.group)
                : Integer.parseInt(one.what().substring("broker ".length()));
        if (number == 0 || !brokers.isEmpty()) { // the last one is not back yet: two would be an outage
            return;
        }
        brokers.put(number, one.kind());
        if (one.kind() == Disruption.Kind.KILL) {
            cluster.kill(number);
        } else {
            cluster.freeze(List.of(number));
        }
        recorder.add(new Fault(one.kind() == Disruption.Kind.KILL ? Fault.Kind.KILL : Fault.Kind.FREEZE,
                "broker-" + number, one.what()));
    }

    /** Returns when all have caught up, so that the next one may go. */
    private void healBrokers() {
        brokers.forEach((number, kind) -> {
            if (kind == Disruption.Kind.KILL) {
                cluster.restart(number);
            } else {
                cluster.thaw(number);
            }
            recorder.add(new Fault(kind == Disruption.Kind.KILL ? Fault.Kind.START : Fault.Kind.THAW,
                    "broker-" + number, null));
        });
        brokers.clear();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(IN_SYNC_S);
        while (System.nanoTime() < deadline) {
            try {
                if (cluster.isInSync(lab.events)) {
                    return;
                }
                Thread.sleep(200);
            } catch (KafkaException | IllegalStateException e) {
                continue; // no leader yet
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void healBrokersInTheEnd() {
        for (int i = 0; i < TRIES; i++) {
            try {
                healBrokers();
                return;
            } catch (RuntimeException e) { // a machine that is busy may need more time than usual to start one
                recorder.add(new Fault(Fault.Kind.OTHER, "brokers", String.valueOf(e.getMessage())));
            }
        }
    }

    private void healNetwork() {
        proxy.command("heal");
        network.forEach(proxy::command); // those that go on
        recorder.add(new Fault(Fault.Kind.NETWORK, "network", "healed"));
    }

    /** Undoes everything, and returns when it is undone. */
    void heal() {
        network.clear();
        List<Future<?>> all = new ArrayList<>();
        all.add(target("network").submit(this::healNetwork));
        all.add(target("brokers").submit(this::healBrokersInTheEnd));
        all.add(target("replay").submit(replays::await));
        services.forEach((name, service) -> all.add(target(name).submit(service::heal)));
        for (Future<?> one : all) {
            try {
                one.get(HEAL_S, TimeUnit.SECONDS);
            } catch (InterruptedException | ExecutionException | TimeoutException e) {
                throw new IllegalStateException("the faults cannot be undone: " + e, e);
            }
        }
    }

    private void on(Disruption one, Runnable what) {
        target(isBroker(one) ? "brokers" : one.kind() == Disruption.Kind.NETWORK ? "network"
                : one.what().replace(' ', '-')).submit(() -> {
                    try {
                        what.run();
                    } catch (RuntimeException e) {
                        recorder.add(new Fault(Fault.Kind.OTHER, one.what(), one + " failed: " + e));
                    }
                });
    }

    private synchronized ExecutorService target(String name) {
        return targets.computeIfAbsent(name, each -> Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name(each).factory()));
    }

    /** Starts again what has ended by itself, and returns the last lines of each one's log. */
    Map<String, String> restartEnded() {
        Map<String, String> ended = new TreeMap<>();
        services.forEach((name, service) -> {
            String tail = service.endedByItself();
            if (tail != null) {
                ended.put(name, tail);
            }
        });
        return ended;
    }

    @Override
    public void close() {
        targets.values().forEach(ExecutorService::shutdownNow);
        direct.close();
        cluster.close();
    }
}
