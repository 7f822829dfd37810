package lab;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What can be seen and done in Kafka from outside of the scripts: records, committed offsets, groups. */
public final class Kafka implements AutoCloseable {
    public static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, Object> client;
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> reader;

    public Kafka(String bootstrap) {
        this(Map.of("bootstrap.servers", bootstrap));
    }

    /** @param client settings that a client needs to connect */
    public Kafka(Map<String, Object> client) {
        this.client = client;
        admin = Admin.create(client);
        producer = new KafkaProducer<>(and(client, Map.of(
                "linger.ms", 0,
                "max.in.flight.requests.per.connection", 1)), // in a new topic, the second batch sometimes overtakes
                // the first, which is then rejected for good (KAFKA-15591)
                new ByteArraySerializer(), new ByteArraySerializer());
        reader = new KafkaConsumer<>(
                and(client, Map.of("allow.auto.create.topics", false, "isolation.level", "read_committed",
                        "auto.offset.reset", "earliest", // of what retention has left
                        "fetch.max.wait.ms", 20)), // a fetch at the end of one topic delays the next one this long
                new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static Map<String, Object> and(Map<String, Object> client, Map<String, Object> more) {
        Map<String, Object> both = new HashMap<>(client);
        both.putAll(more);
        return both;
    }

    public Admin admin() {
        return admin;
    }

    public void createTopic(String topic, int partitions) {
        createTopic(topic, partitions, Map.of());
    }

    public void createTopic(String topic, int partitions, Map<String, String> configs) {
        NewTopic wanted = new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(configs);
        get(admin.createTopics(Set.of(wanted)).all());
        await("topic " + topic).until(() -> partitions(topic) == partitions);
    }

    /**
     * Creates a topic with one partition.
     *
     * @param inSync its min.insync.replicas
     * @param brokers that have it, the leader first
     */
    public void createTopicOn(String topic, int inSync, Integer... brokers) {
        get(admin.createTopics(Set.of(new NewTopic(topic, Map.of(0, List.of(brokers)))
                .configs(Map.of("min.insync.replicas", String.valueOf(inSync))))).all());
        await("topic " + topic).until(() -> partitions(topic) == 1);
    }

    /** Its partitions, and where they are. */
    TopicDescription describe(String topic) {
        return get(admin.describeTopics(Set.of(topic)).allTopicNames()).get(topic);
    }

    /** A setting of a topic, its own or the broker's. */
    public String topicSetting(String topic, String setting) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return get(admin.describeConfigs(Set.of(resource)).all()).get(resource).get(setting).value();
    }

    /** Changes a setting of an existing topic. */
    public void alterTopic(String topic, String setting, String value) {
        get(admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), Set.of(
                new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET)))).all());
    }

    /** Deletes a partition's records before an offset, as its retention would. */
    public void deleteRecords(String topic, int partition, long before) {
        get(admin.deleteRecords(Map.of(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(before)))
                .all());
    }

    /** Changes the cluster's transaction.version: 1, or 2 as it is in a new cluster. */
    public void setTransactionVersion(int version) {
        String feature = "transaction.version";
        get(admin.updateFeatures(Map.of(feature, new FeatureUpdate((short) version, version < 2
                ? FeatureUpdate.UpgradeType.SAFE_DOWNGRADE : FeatureUpdate.UpgradeType.UPGRADE)),
                new UpdateFeaturesOptions()).all());
        await(feature + " " + version).until(() -> get(admin.describeFeatures().featureMetadata()).finalizedFeatures()
                .get(feature).maxVersionLevel() == version);
    }

    /** Creates a user on a broker with SCRAM. */
    public void addUser(UserScramCredentialUpsertion user) {
        get(admin.alterUserScramCredentials(List.of(user)).all());
    }

    /** Sets a rule on a broker with authorisation. */
    public void addRule(AclBinding rule) {
        get(admin.createAcls(Set.of(rule)).all());
    }

    /** A rule on a topic for all users. Once a rule allows something, what no rule allows is denied. */
    public static AclBinding ruleForAll(String topic, AclOperation operation, AclPermissionType type) {
        return new AclBinding(new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                new AccessControlEntry("User:*", "*", operation, type));
    }

    /** Removes a rule. */
    public void removeRule(AclBinding rule) {
        get(admin.deleteAcls(Set.of(rule.toFilter())).all());
    }

    public int partitions(String topic) {
        try {
            return describe(topic).partitions().size();
        } catch (UnknownTopicOrPartitionException e) {
            return 0;
        }
    }

    public RecordMetadata send(ProducerRecord<byte[], byte[]> record) {
        return get(producer.send(record));
    }

    public RecordMetadata send(String topic, String key, String value) {
        return send(new ProducerRecord<>(topic, bytes(key), bytes(value)));
    }

    /** Sends many at once and waits for all; returns where they are. */
    public List<RecordMetadata> sendAll(List<ProducerRecord<byte[], byte[]>> records) {
        return records.stream().map(producer::send).toList().stream().map(Kafka::get).toList();
    }

    /**
     * All records of a topic, from beginning to end, partition by partition; none if there is no such topic. Waits for
     * transactions that are open, and leaves out those that are aborted.
     */
    public List<ConsumerRecord<byte[], byte[]>> records(String topic) {
        return records(topic, IsolationLevel.READ_UNCOMMITTED);
    }

    /** The same up to the first transaction that is open. */
    public List<ConsumerRecord<byte[], byte[]>> visibleRecords(String topic) {
        return records(topic, IsolationLevel.READ_COMMITTED);
    }

    /** The same with those of transactions that are open or aborted. */
    public List<ConsumerRecord<byte[], byte[]>> uncommittedRecords(String topic) {
        try (KafkaConsumer<byte[], byte[]> all = new KafkaConsumer<>(and(client, Map.of(
                "allow.auto.create.topics", false)), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            return records(topic, IsolationLevel.READ_UNCOMMITTED, all);
        }
    }

    private List<ConsumerRecord<byte[], byte[]>> records(String topic, IsolationLevel level) {
        synchronized (reader) {
            return records(topic, level, reader);
        }
    }

    private List<ConsumerRecord<byte[], byte[]>> records(String topic, IsolationLevel level,
            KafkaConsumer<byte[], byte[]> reader) {
        Map<TopicPartition, Long> ends = ends(topic, level);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        reader.assign(ends.keySet());
        reader.seekToBeginning(ends.keySet());
        while (ends.entrySet().stream().anyMatch(end -> reader.position(end.getKey()) < end.getValue())) {
            reader.poll(Duration.ofMillis(100)).forEach(records::add);
        }
        reader.unsubscribe();
        records.sort(Comparator.<ConsumerRecord<byte[], byte[]>>comparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset));
        return records;
    }

    /** Where each partition ends; with READ_COMMITTED at the first transaction that is open. */
    public Map<TopicPartition, Long> ends(String topic, IsolationLevel level) {
        return offsets(topic, OffsetSpec.latest(), level);
    }

    /** Where each partition begins. */
    public Map<TopicPartition, Long> starts(String topic) {
        return offsets(topic, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
    }

    private Map<TopicPartition, Long> offsets(String topic, OffsetSpec where, IsolationLevel level) {
        Map<TopicPartition, OffsetSpec> wanted = IntStream.range(0, partitions(topic)).boxed()
                .collect(Collectors.toMap(p -> new TopicPartition(topic, p), p -> where));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        if (!wanted.isEmpty()) {
            get(admin.listOffsets(wanted, new ListOffsetsOptions(level)).all())
                    .forEach((partition, found) -> offsets.put(partition, found.offset()));
        }
        return offsets;
    }

    /** The records of a topic as JSON, by key. */
    public Map<String, List<JsonNode>> jsonByKey(String topic) {
        return records(topic).stream().collect(Collectors.groupingBy(record -> text(record.key()), TreeMap::new,
                Collectors.mapping(record -> json(record.value()), Collectors.toList())));
    }

    /** What a group has committed for a topic, by partition; partitions without an offset are left out. */
    public Map<Integer, Long> committed(String group, String topic) {
        Map<Integer, Long> committed = new TreeMap<>();
        get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).forEach((partition, offset) -> {
            if (partition.topic().equals(topic) && offset != null) {
                committed.put(partition.partition(), offset.offset());
            }
        });
        return committed;
    }

    /**
     * Whether a group has committed all records of a topic. An offset without a record does not count: the marker of a
     * transaction, an aborted record, one that retention has removed. Records in an open transaction do.
     */
    public boolean caughtUp(String group, String topic) {
        Map<Integer, Long> committed = committed(group, topic);
        Map<TopicPartition, Long> rest = new HashMap<>(ends(topic, IsolationLevel.READ_UNCOMMITTED));
        rest.entrySet().removeIf(end -> committed.getOrDefault(end.getKey().partition(), 0L) >= end.getValue());
        if (rest.isEmpty()) {
            return true;
        }
        Map<TopicPartition, Long> stable = ends(topic, IsolationLevel.READ_COMMITTED);
        if (rest.entrySet().stream().anyMatch(end -> stable.get(end.getKey()) < end.getValue())) {
            return false;
        }
        synchronized (reader) {
            reader.assign(rest.keySet());
            rest.keySet().forEach(each -> reader.seek(each, committed.getOrDefault(each.partition(), 0L)));
            boolean record = false;
            try {
                while (!record
                        && rest.entrySet().stream().anyMatch(end -> reader.position(end.getKey()) < end.getValue())) {
                    record = !reader.poll(Duration.ofMillis(100)).isEmpty();
                }
            } catch (KafkaException e) {
                record = true; // one that is corrupt
            }
            reader.unsubscribe();
            return !record;
        }
    }

    /** How many partitions each member of a group has, most first; none if there is no such group yet. */
    public List<Integer> assignment(String group) {
        try {
            return get(admin.describeConsumerGroups(Set.of(group)).all()).get(group).members().stream()
                    .map(member -> member.assignment().topicPartitions().size()).sorted((a, b) -> b - a).toList();
        } catch (GroupIdNotFoundException e) {
            return List.of();
        }
    }

    public static String header(ConsumerRecord<?, ?> record, String name) {
        var header = record.headers().lastHeader(name);
        return header == null ? null : text(header.value());
    }

    public static JsonNode json(byte[] value) {
        try {
            return JSON.readTree(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    public static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static <T> T get(KafkaFuture<T> future) {
        return get(future.toCompletionStage().toCompletableFuture());
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.get(60, java.util.concurrent.TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
        reader.close();
        admin.close(Duration.ofSeconds(5));
    }
}
