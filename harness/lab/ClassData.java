package lab;

import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs every script once, to make an archive of the classes that it loads and links (from Java 25 on an AOT cache,
 * before that JBang's class data). It saves a third of the start of the hundreds of JVMs that the proofs start. This
 * training run has to do a little of everything.
 */
public final class ClassData {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String OTHER_DOMAIN = "PaymentConsumer"; // it is started often, too
    private static final List<String> TRAINED =
            Stream.concat(Repo.scripts().stream(), Stream.of(OTHER_DOMAIN)).toList();

    private ClassData() {
    }

    /** Runs every script once, unless that was done before. */
    public static void make(Path logs) {
        if (TRAINED.stream().allMatch(Build::isTrained)) {
            return;
        }
        System.out.println("running each script once, for its class data");
        Path folder = logs.resolve("class-data");
        try (Running broker = run(folder, "KafkaBroker", "--port", "0")) {
            String bootstrap = Broker.address(broker);
            try (Lab lab = new Lab(Broker.running(bootstrap), folder);
                    Running proxy = run(folder, "KafkaProxy", "--bootstrap-server", bootstrap, "--port", "0");
                    Running consumer = run(folder, "OrderConsumer", "--bootstrap-server", bootstrap);
                    Running payments = run(folder, OTHER_DOMAIN, "--bootstrap-server", bootstrap);
                    Running server = run(folder, "OrderApi", "--bootstrap-server", Broker.address(proxy), "--port",
                            "0")) {
                Api api = lab.api(server);
                await("an order").atMost(PATIENCE).until(() -> api.post(Api.order("customerf")).status() == 201);
                lab.sendOrders(0, 20);
                lab.kafka().send(lab.events, "poison", "not json"); // at which SmallestConsumer ends
                await("a dead letter").atMost(PATIENCE)
                        .until(() -> !lab.kafka().records("order-events-dlq").isEmpty());
                await("the topic of payments").atMost(PATIENCE).until(() -> lab.kafka().partitions("payments") > 0);
                lab.kafka().send("payments", "payment-1", "alice;bob;1.50");
                await("a receipt").atMost(PATIENCE).until(() -> !lab.kafka().records("receipts").isEmpty());
                Stream.of(run(folder, "SmallestConsumer", "--bootstrap-server", bootstrap, "--topic", lab.events,
                                        "--work-ms", "0"),
                                run(folder, "DlqInspector", "replay", "--execute", "--bootstrap-server", bootstrap),
                                run(folder, "DuplicateSender", "--bootstrap-server", bootstrap, "--api",
                                        api.uri().toString(), "--orders", "5"))
                        .forEach(each -> each.awaitExit(PATIENCE));
                List.of(server, consumer, payments).parallelStream().forEach(each -> each.stopWithin(PATIENCE));
                proxy.stopWithin(PATIENCE);
            }
            broker.stopWithin(PATIENCE);
        }
    }

    private static Running run(Path folder, String script, String... options) {
        return Running.start(script, folder, folder, Map.of(), Build.trainingCommand(script, options));
    }
}
