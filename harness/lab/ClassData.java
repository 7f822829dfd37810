package lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Class data (CDS archives) of all scripts, as JBang leaves them after a script's first run: with them the hundreds of
 * JVMs that the proofs start are up in half the time. What that run loads is what they hold, so it has to do something.
 */
public final class ClassData {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private ClassData() {
    }

    /** Runs every script once, as a user does, unless that was done. */
    public static void leave(Path logs) {
        if (Build.haveClassData()) {
            return;
        }
        System.out.println("running each script once, for its class data");
        Path folder = logs.resolve("class-data");
        try (Running broker = jbang(folder, "KafkaBroker", "--port", "0")) {
            String bootstrap = Broker.address(broker);
            try (Lab lab = new Lab(Broker.running(bootstrap), folder);
                    Running consumer = jbang(folder, "OrderConsumer", "--bootstrap-server", bootstrap);
                    Running server =
                            jbang(folder, "OrderApi", "--bootstrap-server", bootstrap, "--port", "0")) {
                Api api = lab.api(server);
                api.post(Api.order("customerf"));
                jbang(folder, "DuplicateSender", "--bootstrap-server", bootstrap, "--api", api.uri().toString(),
                        "--orders", "5").awaitExit(PATIENCE);
                jbang(folder, "DlqInspector", "replay", "--execute", "--bootstrap-server", bootstrap)
                        .awaitExit(PATIENCE);
                lab.sendOrders(0, 20);
                lab.kafka().send(lab.events, "poison", "not json"); // which ends it
                jbang(folder, "SmallestConsumer", "--bootstrap-server", bootstrap, "--topic", lab.events, "--work-ms",
                        "0").awaitExit(PATIENCE);
            }
        }
    }

    private static Running jbang(Path folder, String script, String... options) {
        return Running.start(script, folder, folder, Map.of(), Build.line(script, options));
    }
}
