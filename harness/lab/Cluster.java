package lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;

/** Several {@code KafkaBroker.java} that make one cluster, to kill, freeze and restart one by one. */
public final class Cluster implements Broker {
    private static final int FETCH_WAIT_MS = 100; // for how long a follower's fetch waits for records at the leader
    private static final int SOON_S = 3;

    private final Path folder;
    private final String port;
    private final String[] options;
    private final List<Running> nodes = new ArrayList<>();
    private final String bootstrap;
    private final Kafka kafka;

    /**
     * Starts it, and returns when all of it is ready.
     *
     * @param folder  for data and logs
     * @param size    how many nodes; they are numbered from 1
     * @param options more options of the script, for each of them
     */
    public Cluster(Path folder, int size, String... options) {
        this.folder = folder;
        this.options = options;
        port = String.valueOf(Ports.free(2 * size));
        IntStream.rangeClosed(1, size).forEach(number -> nodes.add(start(number, size)));
        bootstrap = nodes.stream().map(Broker::address).collect(Collectors.joining(","));
        kafka = new Kafka(client());
    }

    private Running start(int number, int size) {
        return Running.start("KafkaBroker-" + number, folder, folder, Map.of(), Build.command("KafkaBroker", Lab.with(
                options, "--port", port, "--node", String.valueOf(number), "--of", String.valueOf(size), "--data-dir",
                folder.resolve("node-" + number).toString(), "--property", "replica.fetch.wait.max.ms="
                        + FETCH_WAIT_MS)));
    }

    /** A client of it, which no node is needed for in particular. */
    public Kafka kafka() {
        return kafka;
    }

    // --- nodes ----------------------------------------------------------------------------------------------------

    /** The node that leads a topic's first partition; 0 if none does. */
    public int leaderOf(String topic) {
        Node leader = partition(topic).leader();
        return leader == null ? 0 : leader.id();
    }

    /** The other nodes that have it. */
    public List<Integer> followersOf(String topic) {
        int leader = leaderOf(topic);
        return partition(topic).replicas().stream().map(Node::id).filter(node -> node != leader).toList();
    }

    /** The node that is a group's coordinator; 0 if none is. */
    public int coordinatorOf(String group) {
        try {
            Node coordinator = kafka.admin().describeConsumerGroups(Set.of(group)).describedGroups().get(group)
                    .get(SOON_S, TimeUnit.SECONDS).coordinator();
            return coordinator == null ? 0 : coordinator.id();
        } catch (ExecutionException | TimeoutException e) {
            return 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Whether all replicas of a topic have all that it has. */
    public boolean isInSync(String topic) {
        return kafka.describe(topic).partitions().stream()
                .allMatch(partition -> partition.isr().size() == partition.replicas().size());
    }

    private TopicPartitionInfo partition(String topic) {
        return kafka.describe(topic).partitions().getFirst();
    }

    /** What a node has on its disk of a topic's first partition, as text. */
    public String log(int node, String topic) {
        try {
            return Files.readString(folder.resolve("node-" + node).resolve(topic + "-0")
                    .resolve("00000000000000000000.log"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void kill(int node) {
        nodes.get(node - 1).kill9();
    }

    /** Freezes nodes; returns when no leader has a fetch of theirs any more, and so sends them nothing. */
    public void freeze(List<Integer> numbers) {
        numbers.forEach(number -> nodes.get(number - 1).freeze());
        try {
            Thread.sleep(5 * FETCH_WAIT_MS); // nothing shows when it is so
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    public void thaw(int node) {
        nodes.get(node - 1).thaw();
    }

    /** Starts one again that was killed, with its data, unless that was done; returns once it is ready. */
    public void restart(int node) {
        if (!nodes.get(node - 1).alive()) {
            nodes.set(node - 1, start(node, nodes.size()));
        }
        Broker.address(nodes.get(node - 1));
    }

    // --- the whole ------------------------------------------------------------------------------------------------

    @Override
    public String bootstrap() {
        return bootstrap;
    }

    @Override
    public String description() {
        return nodes.size() + " KafkaBroker.java at " + bootstrap;
    }

    @Override
    public String tail() {
        return nodes.stream().map(Running::tail).collect(Collectors.joining());
    }

    @Override
    public void close() {
        nodes.forEach(Running::kill9);
        kafka.close();
    }
}
