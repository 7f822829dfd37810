///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Fails records in Spring Kafka, twice: jbang SpringLetters.java BOOTSTRAP TOPIC DLQ SECOND_DLQ GROUP
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.springframework.kafka:spring-kafka:4.1.2
//COMPILE_OPTIONS --release 21 -parameters
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=off

package families;

import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.BackOff;
import org.springframework.kafka.annotation.EnableKafkaRetryTopic;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.support.serializer.DelegatingByTypeSerializer;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.backoff.FixedBackOff;

/**
 * What does a dead letter of Spring Kafka look like?
 *
 * <ol>
 *   <li>A value that is not a long fails in its deserializer, any other at the second attempt: both go to the DLQ.
 *   <li>The listener of the DLQ fails too: they go to the second DLQ.
 *   <li>The same records also go through a retry topic, to the topic's own "-dlt".
 * </ol>
 */
@Configuration
@EnableKafkaRetryTopic
public class SpringLetters {
    private static String bootstrap;
    private static String topic;
    private static String dlq;
    private static String secondDlq;

    public static void main(String... args) {
        bootstrap = args[0];
        topic = args[1];
        dlq = args[2];
        secondDlq = args[3];
        System.setProperty("topic", topic);
        System.setProperty("dlq", dlq);
        System.setProperty("group", args[4]);
        new AnnotationConfigApplicationContext(SpringLetters.class).registerShutdownHook();
    }

    @KafkaListener(topics = "${topic}", groupId = "${group}", containerFactory = "recovering")                    // 1
    void first(ConsumerRecord<byte[], Long> record) {
        throw new IllegalStateException("refused");
    }

    @KafkaListener(topics = "${dlq}", groupId = "${group}-second", containerFactory = "recoveringSecond")         // 2
    void second(ConsumerRecord<byte[], byte[]> letter) {
        throw new UnsupportedOperationException("refused again");
    }

    @RetryableTopic(attempts = "3", backOff = @BackOff(delay = 20), dltTopicSuffix = "-dlt")                      // 3
    @KafkaListener(topics = "${topic}", groupId = "${group}-retrying")
    void retried(ConsumerRecord<byte[], Long> record) {
        throw new IllegalArgumentException("refused each time");
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<byte[], Long> recovering() {
        return recovering(new ErrorHandlingDeserializer<>(new LongDeserializer()), dlq);
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<byte[], byte[]> recoveringSecond() {
        return recovering(new ByteArrayDeserializer(), secondDlq);
    }

    private <V> ConcurrentKafkaListenerContainerFactory<byte[], V> recovering(Deserializer<V> values, String dlq) {
        DefaultErrorHandler handler = new DefaultErrorHandler(new DeadLetterPublishingRecoverer(kafkaTemplate(),
                (record, e) -> new TopicPartition(dlq, 0)), new FixedBackOff(10, 1));
        ConcurrentKafkaListenerContainerFactory<byte[], V> factory = factory(values);
        factory.setCommonErrorHandler(handler);
        factory.getContainerProperties().setDeliveryAttemptHeader(true);
        return factory;
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<byte[], Long> kafkaListenerContainerFactory() {
        return factory(new ErrorHandlingDeserializer<>(new LongDeserializer()));
    }

    private static <V> ConcurrentKafkaListenerContainerFactory<byte[], V> factory(Deserializer<V> values) {
        ConcurrentKafkaListenerContainerFactory<byte[], V> factory = new ConcurrentKafkaListenerContainerFactory<>();
        factory.setConsumerFactory(new DefaultKafkaConsumerFactory<>(
                Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest", "fetch.max.wait.ms", 20),
                new ByteArrayDeserializer(), values));
        return factory;
    }

    /** A value that could not be deserialized is sent as its original bytes. */
    @Bean
    KafkaTemplate<byte[], Object> kafkaTemplate() {
        return new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", bootstrap),
                new ByteArraySerializer(), new DelegatingByTypeSerializer(
                        Map.of(byte[].class, new ByteArraySerializer(), Long.class, new LongSerializer()))));
    }

    @Bean
    KafkaAdmin kafkaAdmin() {
        return new KafkaAdmin(Map.of("bootstrap.servers", bootstrap));
    }

    @Bean
    TaskScheduler retries() {
        return new ThreadPoolTaskScheduler();
    }
}
