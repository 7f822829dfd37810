///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Fails records in SmallRye, twice: jbang SmallRyeLetters.java BOOTSTRAP TOPIC DLQ SECOND_DLQ GROUP
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS io.smallrye.reactive:smallrye-reactive-messaging-kafka:4.31.0
//DEPS io.smallrye.config:smallrye-config:3.14.1
//DEPS org.eclipse.microprofile.reactive-streams-operators:microprofile-reactive-streams-operators-api:3.0.1
//DEPS io.smallrye.reactive:mutiny-reactive-streams-operators:2.9.3
//DEPS org.jboss.weld.se:weld-se-core:5.1.0.Final
//FILES META-INF/beans.xml=beans.xml
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=error

package families;

import io.smallrye.reactive.messaging.kafka.IncomingKafkaRecord;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * What does a dead letter of SmallRye, the Kafka connector of Quarkus, look like? A record that fails on the channel
 * "first" goes to the DLQ, and from there to the second one.
 */
@ApplicationScoped
public class SmallRyeLetters {
    public static void main(String... args) {
        channel("first", args[0], args[1], args[2], args[4]);
        channel("second", args[0], args[2], args[3], args[4] + "-second");
        SeContainerInitializer.newInstance().initialize();
    }

    private static void channel(String name, String bootstrap, String topic, String dlq, String group) {
        Map.of("connector", "smallrye-kafka",
                "bootstrap.servers", bootstrap,
                "topic", topic,
                "group.id", group,
                "auto.offset.reset", "earliest",
                "key.deserializer", ByteArrayDeserializer.class.getName(),
                "value.deserializer", ByteArrayDeserializer.class.getName(),
                "failure-strategy", "dead-letter-queue",
                "dead-letter-queue.topic", dlq)
                .forEach((key, value) -> System.setProperty("mp.messaging.incoming." + name + "." + key, value));
    }

    @Incoming("first")
    public CompletionStage<Void> first(IncomingKafkaRecord<byte[], byte[]> record) {
        return record.nack(new IllegalStateException("refused", new IllegalArgumentException("no such customer")));
    }

    @Incoming("second")
    public CompletionStage<Void> second(IncomingKafkaRecord<byte[], byte[]> letter) {
        return letter.nack(new UnsupportedOperationException()); // no message, no cause
    }
}
