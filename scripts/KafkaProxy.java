///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Breaks the network between clients and Kafka, at a chosen request: jbang KafkaProxy.java --close Produce#3
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS org.apache.kafka:kafka-clients:4.4.0
//SOURCES cli/package-info.java
//SOURCES cluster/package-info.java
//SOURCES proxy/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xmx512m
//RUNTIME_OPTIONS -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import cli.ExitCode;
import cli.LogOptions;
import cli.Printable;
import cli.Script;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import proxy.Action;
import proxy.Addresses;
import proxy.Control;
import proxy.FaultOptions;
import proxy.Faults;
import proxy.Frames;
import proxy.Link;
import proxy.Link.Expected;
import proxy.ListenOptions;
import proxy.Listeners;
import proxy.Numbers;
import proxy.Request;
import proxy.Rule;

/**
 * What happens if the answer of a request is lost, if a request comes late, or if the connection breaks just there?
 *
 * <ol>
 *   <li>Listen for clients, and connect each of them to the broker. Two threads serve a connection: one passes requests
 *       on, the other one answers back.
 *   <li>Read a request as far as its header: kind, version, client id, correlation id. Its body passes unread.
 *   <li>Ask the rules whether something happens to this request: it is delayed, held, or its connection is closed.
 *   <li>Pass it on, and note its correlation id. A broker answers the requests of a connection in their order.
 *   <li>When the answer comes, pass it back; or hold it, or throw it away and close the connection, as a network does
 *       that breaks in between. An answer that is missing in the middle of a connection, no network can produce.
 *   <li>In answers that name brokers, put the proxy's own ports: a client connects to what it finds there. A broker
 *       that advertises the proxy (KafkaBroker --proxy) names it already, and nothing is changed.
 *   <li>Take commands at any time: new rules, release, drop, blackhole, heal.
 * </ol>
 *
 * A client has several connections, one for each broker and one more for its group or transaction coordinator; what is
 * held or delayed holds up only what comes after it on the same connection.
 */
@Command(name = "KafkaProxy", mixinStandardHelpOptions = true,
        description = "Stands between clients and a Kafka broker, and breaks the network at a chosen request.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./jbang scripts/KafkaProxy.java --trace",
            "  ./jbang scripts/KafkaProxy.java --drop-answer Produce#3",
            "  ./jbang scripts/KafkaProxy.java --hold EndTxn#1 --release-after 5000",
            "  ./jbang scripts/KafkaProxy.java --close 'OffsetCommit%%10@order-.*' --seed 7",
            "  ./jbang scripts/KafkaProxy.java --control-port 9294"})
public class KafkaProxy implements Callable<Integer> {
    @Mixin
    private ListenOptions between;

    @Mixin
    private FaultOptions options;

    @Mixin
    private LogOptions logging;

    private final Numbers numbers = new Numbers();
    private Logger log;
    private Faults faults;
    private Listeners listeners;
    private volatile boolean replacesAddresses; // once an address had to be replaced

    public static void main(String... args) {
        System.exit(Script.run(new KafkaProxy(), args));
    }

    @Override
    public Integer call() throws Exception {
        log = logging.open(KafkaProxy.class, null);
        between.check();
        faults = options.faults(log);
        listeners = new Listeners(between.host(), this::serve, log);
        CountDownLatch stop = new CountDownLatch(1);
        try (var shutdown = new Script.Shutdown(stop::countDown); var all = listeners; var control = control()) {
            int port = listeners.open(between.port(), between.broker());                               // 1
            System.out.println("KafkaProxy is ready: " + Listeners.text(new InetSocketAddress(between.host(), port)));
            if (control != null) {
                System.out.println("Commands: " + control.url());
            }
            stop.await();
            log.info("stopped");
        }
        return ExitCode.OK.code();
    }

    /** Serves a connection of a client until one of its ends is closed. */
    private void serve(Link link) {
        Thread.ofVirtual().name("answers").start(() -> pump(link, this::passAnswersBack));
        pump(link, this::passRequestsOn);
    }

    private interface Direction {
        void pass(Link link) throws IOException, InterruptedException;
    }

    private void pump(Link link, Direction direction) {
        try {
            direction.pass(link);
        } catch (Frames.NotKafka e) {
            log.warn("a connection is closed: {}", e.getMessage());
        } catch (IOException | InterruptedException e) {
            log.debug("a connection ended", e);
        } catch (RuntimeException e) {
            log.error("a connection is closed", e);
        } finally {
            link.close();
        }
    }

    // --- requests -------------------------------------------------------------------------------------------------

    private void passRequestsOn(Link link) throws IOException, InterruptedException {
        Frames frames = link.requests();
        while (frames.next()) {
            Request request = Request.read(frames.head(), frames.size(), numbers);                     // 2
            trace(request, link);
            if (faults.isBlackhole()) {
                frames.skip();
                continue;
            }
            Set<Action> actions = faults.on(request);                                                  // 3
            for (Action action : actions) {
                switch (action) {
                    case DELAY -> Thread.sleep(options.delay());
                    case HOLD -> {
                        if (!hold(request.name())) {
                            return;
                        }
                    }
                    case CLOSE -> {
                        System.out.println("closed before " + request.name());
                        return;
                    }
                    case HOLD_ANSWER, DROP_ANSWER -> { } // once the broker has answered it
                }
            }
            link.passOn(request, actions);                                                             // 4
        }
        link.awaitLastAnswers();
    }

    private void trace(Request request, Link link) {
        if (between.traces()) {
            System.out.println(request.name() + ", " + request.size() + " bytes, correlation "
                    + request.correlationId() + ", version " + request.version() + ", to " + link.broker());
        }
    }

    /** Whether it goes on; else its connection is to be closed. */
    private boolean hold(String what) {
        System.out.println("held " + what);
        boolean goesOn = faults.hold(what);
        System.out.println((goesOn ? "released " : "dropped ") + what);
        return goesOn;
    }

    // --- answers --------------------------------------------------------------------------------------------------

    private void passAnswersBack(Link link) throws IOException {
        Frames frames = link.answers();
        while (frames.next()) {
            Expected expected = link.answered();
            if (faults.isBlackhole()) {
                frames.skip();
                continue;
            }
            if (expected == null) {
                link.passBack();
                continue;
            }
            Request request = expected.request();
            if (expected.actions().contains(Action.HOLD_ANSWER)                                        // 5
                    && !hold("the answer of " + request.name())) {
                return;
            }
            if (expected.actions().contains(Action.DROP_ANSWER)) {
                System.out.println("dropped the answer of " + request.name());
                return;
            }
            passBack(link, request);
        }
    }

    private void passBack(Link link, Request request) throws IOException {
        if (between.rewrites() && Addresses.mayBeIn(request, replacesAddresses)) {
            ByteBuffer answer = link.answers().whole();                                                // 6
            ByteBuffer other = Addresses.replace(request, answer, broker -> listeners.through(link.local(), broker));
            replacesAddresses |= other != null;
            link.giveBack(other == null ? answer : other);
            return;
        }
        if (between.rewrites() && Addresses.areUnreadable(request)) {
            log.warn("{} is of version {}, which is newer than this proxy: its addresses stay as they are",
                    request.kind(), request.version());
        }
        link.passBack();
    }

    // --- commands -------------------------------------------------------------------------------------------------

    private Control control() {
        return between.controlPort() == null ? null
                : new Control(between.controlPort(), this::command, () -> faults + numbers.toString());
    }

    private void command(String line) {                                                                // 7
        String[] words = line.split("\\s+", 2);
        switch (words[0]) {
            case "release" -> faults.release();
            case "drop" -> faults.drop();
            case "blackhole" -> faults.blackhole();
            case "heal" -> {
                if (faults.heal()) {
                    listeners.disconnect(); // what was swallowed is missing in the middle of these connections
                }
            }
            default -> faults.add(Rule.parse(Action.of(words[0]).filter(action -> words.length == 2).orElseThrow(
                    () -> new IllegalArgumentException(line + " is not a command: give release, drop, blackhole, heal, "
                            + "or a rule such as drop-answer Produce#1.")), words[1]));
        }
        System.out.println("command " + Printable.of(line));
    }
}
