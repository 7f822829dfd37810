///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Fails records in two share groups: jbang ShareLetters.java BOOTSTRAP TOPIC DLQ DLQ_WITHOUT_COPIES GROUP
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS org.apache.kafka:kafka-clients:4.4.0
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=error

package families;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What does a dead letter of a share group look like, which the broker itself writes (KIP-1191)? A value that is not a
 * long is rejected, any other is released until it reaches the delivery limit. Two groups do the same: keys and values
 * are copied into the DLQ of one, and not into that of the other, GROUP-without-copies.
 */
public class ShareLetters {
    private static final int DELIVERIES = 2; // the broker allows no fewer

    public static void main(String... args) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            prepare(admin, args[2], args[4], true);
            prepare(admin, args[3], args[4] + "-without-copies", false);
        }
        Thread.ofPlatform().start(() -> giveUp(args[0], args[1], args[4] + "-without-copies"));
        giveUp(args[0], args[1], args[4]);
    }

    private static void prepare(Admin admin, String dlq, String group, boolean copies) throws Exception {
        admin.incrementalAlterConfigs(Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, dlq),
                List.of(set("errors.deadletterqueue.group.enable", true)),
                new ConfigResource(ConfigResource.Type.GROUP, group),
                List.of(set("errors.deadletterqueue.topic.name", dlq),
                        set("errors.deadletterqueue.copy.record.enable", copies),
                        set("share.delivery.count.limit", DELIVERIES),
                        set("share.auto.offset.reset", "earliest")))).all().get();
    }

    private static AlterConfigOp set(String name, Object value) {
        return new AlterConfigOp(new ConfigEntry(name, value.toString()), OpType.SET);
    }

    private static void giveUp(String bootstrap, String topic, String group) {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "group.id", group,
                "share.acknowledgement.mode", "explicit", "fetch.max.wait.ms", 20);
        try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(settings,
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (true) {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> consumer.acknowledge(record,
                        isLong(record) ? AcknowledgeType.RELEASE : AcknowledgeType.REJECT));
                consumer.commitSync();
            }
        }
    }

    private static boolean isLong(ConsumerRecord<byte[], byte[]> record) {
        return record.value() == null || record.value().length == Long.BYTES;
    }
}
