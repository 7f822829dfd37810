package cluster;

import cluster.ClusterFailure.Kind;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** The topics of a cluster: whether they exist, their shape and ends, and what this user may do with them. */
public final class TopicAdmin {
    private static final Duration KNOWN = Duration.ofSeconds(30);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

    private final Cluster cluster;
    private final Admin admin;
    private final Duration patience;

    public TopicAdmin(Cluster cluster, Admin admin) {
        this(cluster, admin, AdminAnswers.LONGEST_WAIT);
    }

    private TopicAdmin(Cluster cluster, Admin admin, Duration patience) {
        this.cluster = cluster;
        this.admin = admin;
        this.patience = patience;
    }

    /** The same, but it waits no longer than this for an answer. */
    public TopicAdmin within(Duration patience) {
        return new TopicAdmin(cluster, admin, patience);
    }

    /**
     * Creates the topic unless it exists, and waits until the brokers know it.
     *
     * @param rights as in {@link #require}
     * @throws ClusterFailure if it cannot be created, or a right is missing
     */
    public void createMissing(NewTopic topic, AclOperation... rights) {
        check(describe(topic.name(), rights).orElseGet(() -> create(topic)), rights);
    }

    /**
     * Checks that the topic exists, and that the user has certain rights on it, so that a missing right is reported in
     * one sentence. Any user who may see a topic may also ask Kafka for its own rights on it.
     *
     * @throws ClusterFailure if the topic does not exist, or a right is missing
     */
    public void require(String topic, AclOperation... rights) {
        check(describe(topic, rights).orElseThrow(() -> new ClusterFailure(Kind.REFUSED, "There is no topic " + topic
                + " at " + cluster.bootstrapServers() + ": give the name of one that exists.")), rights);
    }

    /** How many partitions a topic has. */
    public int partitions(String topic) {
        return onceKnown(() -> admin.describeTopics(Set.of(topic)).allTopicNames()).get(topic).partitions().size();
    }

    /** The settings of a topic, its own or the broker's. */
    public Map<String, String> settings(String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return onceKnown(() -> admin.describeConfigs(Set.of(resource)).all()).get(resource).entries().stream()
                .filter(entry -> entry.value() != null)
                .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
    }

    /** Asks until the broker that is asked knows the topic: another one may have known it earlier. */
    private <T> T onceKnown(Supplier<KafkaFuture<T>> question) {
        long deadline = System.nanoTime() + Math.min(KNOWN.toNanos(), patience.toNanos());
        while (true) {
            try {
                return answer(question.get());
            } catch (ClusterFailure e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || System.nanoTime() > deadline) {
                    throw e;
                }
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_AGAIN);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /**
     * Where partitions end now: with READ_COMMITTED at the first transaction that is open. Ask {@link #describe} first
     * whether they exist and have a leader: else Kafka's client looks for it thousands of times a second.
     */
    public Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions, IsolationLevel isolation) {
        Map<TopicPartition, OffsetSpec> latest = partitions.stream()
                .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
        ListOffsetsOptions options = new ListOffsetsOptions(isolation);
        options.timeoutMs((int) patience.toMillis());
        return answer(admin.listOffsets(latest, options).all()).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, end -> end.getValue().offset()));
    }

    /** Whether the offset that a group has committed is final: no open transaction may still change it. */
    public boolean isStable(String group, TopicPartition partition) {
        ListConsumerGroupOffsetsOptions options = new ListConsumerGroupOffsetsOptions().requireStable(true);
        options.timeoutMs((int) patience.toMillis());
        return answer(admin.listConsumerGroupOffsets(
                Map.of(group, new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(partition))), options)
                .partitionsToOffsetAndMetadata(group)).containsKey(partition); // one that is not is left out
    }

    private <T> T answer(KafkaFuture<T> future) {
        try {
            return AdminAnswers.get(future, patience);
        } catch (KafkaException e) {
            throw KafkaErrors.meaning(cluster, e);
        }
    }

    private void check(TopicDescription topic, AclOperation... rights) {
        Set<AclOperation> granted = topic.authorizedOperations(); // null where Kafka does not say
        String missing = names(Arrays.stream(rights).filter(right -> granted != null && !granted.contains(right)));
        if (!missing.isEmpty()) {
            throw new ClusterFailure(Kind.REFUSED, "This user lacks " + missing + " on the topic " + topic.name()
                    + " at " + cluster.bootstrapServers() + ": ask for that right, or give another user in "
                    + "--command-config.");
        }
    }

    /** When the controller answers, it has created the topic; the broker that is asked next may learn of it later. */
    private TopicDescription create(NewTopic topic) {
        try {
            AdminAnswers.get(admin.createTopics(Set.of(topic)).all(), patience);
        } catch (TopicExistsException e) {
            // another script was faster
        } catch (TopicAuthorizationException e) {
            throw new ClusterFailure(Kind.REFUSED, "There is no topic " + topic.name() + " at "
                    + cluster.bootstrapServers() + ", and this user may not create it: have it created, or ask for "
                    + "CREATE on it.", e);
        } catch (KafkaException e) {
            throw KafkaErrors.meaning(cluster, e);
        }
        for (long deadline = System.nanoTime() + KNOWN.toNanos(); System.nanoTime() < deadline; ) {
            Optional<TopicDescription> known = describe(topic.name());
            if (known.isPresent()) {
                return known.get();
            }
            pause();
        }
        throw new ClusterFailure(Kind.REFUSED, "Kafka at " + cluster.bootstrapServers() + " has created the topic "
                + topic.name() + " but does not know it after " + KNOWN.toSeconds() + " s: look at its log.");
    }

    /**
     * Empty if there is no such topic.
     *
     * @throws ClusterFailure if this user may not see the topic: Kafka then does not say whether it exists
     */
    public Optional<TopicDescription> describe(String topic, AclOperation... rights) {
        try {
            return Optional.of(AdminAnswers.get(admin.describeTopics(Set.of(topic),
                    new DescribeTopicsOptions().includeAuthorizedOperations(true)).allTopicNames(), patience)
                    .get(topic));
        } catch (UnknownTopicOrPartitionException | InvalidTopicException e) {
            return Optional.empty();
        } catch (TopicAuthorizationException e) {
            String toSeeIt = rights.length > 0 ? names(Arrays.stream(rights)) : "DESCRIBE, READ or WRITE";
            throw new ClusterFailure(Kind.REFUSED, "There is no topic " + topic + " at " + cluster.bootstrapServers()
                    + ", or this user may not see it: check the name, or ask for " + toSeeIt + " on it.", e);
        } catch (KafkaException e) {
            throw KafkaErrors.meaning(cluster, e);
        }
    }

    private static String names(Stream<AclOperation> rights) {
        return rights.map(AclOperation::name).collect(Collectors.joining(" and "));
    }
}
