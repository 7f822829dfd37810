///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Fails records in Kafka Connect: jbang ConnectLetters.java BOOTSTRAP TOPIC DLQ CONNECTOR
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.apache.kafka:connect-runtime:4.4.0
//DEPS org.apache.kafka:connect-json:4.4.0
//FILES META-INF/services/org.apache.kafka.connect.sink.SinkConnector=connect-plugins
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=error

package families;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.cli.ConnectStandalone;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/**
 * What does a dead letter of Kafka Connect look like? A standalone worker with one sink: a value that is not JSON fails
 * in its converter, any other in the sink.
 */
public class ConnectLetters {
    public static void main(String... args) throws IOException {
        Path worker = Files.writeString(Path.of("worker.properties"), """
            bootstrap.servers=%s
            offset.storage.file.filename=connect.offsets
            offset.flush.interval.ms=200
            plugin.discovery=service_load
            listeners=http://127.0.0.1:0
            key.converter=org.apache.kafka.connect.converters.ByteArrayConverter
            value.converter=org.apache.kafka.connect.json.JsonConverter
            value.converter.schemas.enable=false
            header.converter=org.apache.kafka.connect.converters.ByteArrayConverter
            """.formatted(args[0]));
        Path sink = Files.writeString(Path.of("sink.properties"), """
            name=%s
            connector.class=%s
            topics=%s
            errors.tolerance=all
            errors.deadletterqueue.topic.name=%s
            errors.deadletterqueue.topic.replication.factor=1
            errors.deadletterqueue.context.headers.enable=true
            consumer.override.auto.offset.reset=earliest
            """.formatted(args[3], Sink.class.getName(), args[1], args[2]));
        ConnectStandalone.main(new String[] {worker.toString(), sink.toString()});
    }

    /** Accepts no record. */
    public static class Sink extends SinkConnector {
        @Override
        public void start(Map<String, String> config) {
        }

        @Override
        public Class<? extends Task> taskClass() {
            return Refusal.class;
        }

        @Override
        public List<Map<String, String>> taskConfigs(int most) {
            return Collections.nCopies(1, Map.of());
        }

        @Override
        public void stop() {
        }

        @Override
        public ConfigDef config() {
            return new ConfigDef();
        }

        @Override
        public String version() {
            return "1";
        }
    }

    /** Reports every record, with an exception that has no message. */
    public static class Refusal extends SinkTask {
        @Override
        public void start(Map<String, String> config) {
        }

        @Override
        public void put(Collection<SinkRecord> records) {
            records.forEach(record -> context.errantRecordReporter().report(record, new IllegalStateException()));
        }

        @Override
        public void stop() {
        }

        @Override
        public String version() {
            return "1";
        }
    }
}
