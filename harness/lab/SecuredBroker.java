package lab;

import static org.apache.kafka.clients.admin.ScramMechanism.SCRAM_SHA_512;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * A Kafka with TLS, authentication (SASL/SCRAM) and authorisation (ACLs). It is {@code KafkaBroker.java} in its own
 * process, whichever broker the other proofs use: a container would need the certificates copied into it, and would be
 * the same to the clients.
 */
public final class SecuredBroker implements Broker {
    private static final String ADMIN = "admin";
    private static final String LOGIN_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule";

    /** The settings that a client of such a broker needs: the example of the reference. */
    private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```properties\n(.*?)^```$");

    private final Path folder;
    private final Running process;
    private final String bootstrap;
    private final Kafka kafka;

    /** @param folder for certificates, settings and logs */
    public SecuredBroker(Path folder) {
        this.folder = folder;
        makeCertificate();
        Path settings = write("broker.properties", """
                # One port for clients, and for brokers among themselves, if there were more.
                security.inter.broker.protocol=SASL_SSL
                sasl.enabled.mechanisms=SCRAM-SHA-512
                sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
                listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=%1$s required username="%2$s" password="%3$s";
                ssl.keystore.location=%4$s/broker.p12
                ssl.keystore.password=broker-secret
                # The controller cannot look up passwords before it runs: its clients show a certificate.
                listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:SSL
                listener.name.controller.ssl.client.auth=required
                ssl.truststore.location=%4$s/truststore.p12
                ssl.truststore.password=truststore-secret
                # What is not allowed is denied, except to the administrator and to the broker itself.
                authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
                super.users=User:%2$s;User:CN=broker
                allow.everyone.if.no.acl.found=false
                """.formatted(LOGIN_MODULE, ADMIN, password(ADMIN), folder));
        process = Running.start("KafkaBroker", folder, folder, Map.of(), Build.command("KafkaBroker", "--port", "0",
                "--config", settings.toString(), "--add-scram",
                "SCRAM-SHA-512=[name=" + ADMIN + ",password=" + password(ADMIN) + "]"));
        bootstrap = Broker.address(process);
        kafka = new Kafka(client());
    }

    private void makeCertificate() {
        Stream.of("-genkeypair -alias broker -keyalg EC -dname CN=broker -ext san=dns:localhost,ip:127.0.0.1 "
                        + "-keystore broker.p12 -storetype PKCS12 -storepass broker-secret",
                "-exportcert -alias broker -file broker.crt -keystore broker.p12 -storepass broker-secret",
                "-importcert -alias broker -file broker.crt -noprompt "
                        + "-keystore truststore.p12 -storetype PKCS12 -storepass truststore-secret")
                .forEach(this::keytool);
    }

    private void keytool(String arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool")
                .toString()));
        command.addAll(List.of(arguments.split(" ")));
        Running keytool = Running.start("keytool", folder, folder, Map.of(), command);
        if (keytool.awaitExit(Duration.ofSeconds(30)) != 0) {
            throw new IllegalStateException("no certificate\n" + keytool.tail());
        }
    }

    /** A right of a user on a resource. READ and WRITE include DESCRIBE. */
    public record Right(ResourceType type, String name, PatternType pattern, AclOperation operation) {
        public static Right topic(AclOperation operation, String name) {
            return new Right(ResourceType.TOPIC, name, PatternType.LITERAL, operation);
        }

        public static Right group(AclOperation operation, String name) {
            return new Right(ResourceType.GROUP, name, PatternType.LITERAL, operation);
        }

        /** On all ids with this prefix. */
        public static Right transactionalIds(AclOperation operation, String prefix) {
            return new Right(ResourceType.TRANSACTIONAL_ID, prefix, PatternType.PREFIXED, operation);
        }

        private AclBinding of(String user) {
            return new AclBinding(new ResourcePattern(type, name, pattern),
                    new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
        }

        @Override
        public String toString() {
            return operation + " " + type + " " + name;
        }
    }

    /**
     * Creates a user with exactly these rights.
     *
     * @return the file for {@code --command-config}
     */
    public String user(String name, Right... rights) {
        kafka.addUser(new UserScramCredentialUpsertion(name, new ScramCredentialInfo(SCRAM_SHA_512, 4096),
                password(name)));
        Stream.of(rights).map(right -> right.of(name)).forEach(kafka::addRule);
        return write(name + ".properties", commandConfig(name)).toString();
    }

    /** Gives a user a right. */
    public void grant(String user, Right right) {
        kafka.addRule(right.of(user));
    }

    /** Takes a right away from a user. */
    public void revoke(String user, Right right) {
        kafka.removeRule(right.of(user));
    }

    /** The content of that file: the example of the reference, with this user's name and this broker's paths. */
    public String commandConfig(String user) {
        try {
            Matcher example = EXAMPLE.matcher(Files.readString(Repo.file("scripts/REFERENCE.md")));
            if (!example.find()) {
                throw new IllegalStateException("The reference has no example of a --command-config file.");
            }
            return example.group(1).replace("alice", user).replace("truststore.p12", folder + "/truststore.p12");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String password(String user) {
        return user + "-secret";
    }

    /** A file beside the certificates. */
    public Path write(String name, String content) {
        try {
            return Files.writeString(folder.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String bootstrap() {
        return bootstrap;
    }

    @Override
    public Map<String, Object> client() {
        Properties settings = new Properties();
        try {
            settings.load(new StringReader(commandConfig(ADMIN)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, Object> client = new HashMap<>(Broker.super.client());
        settings.forEach((key, value) -> client.put((String) key, value));
        return client;
    }

    @Override
    public String description() {
        return "KafkaBroker.java with TLS, SASL and ACLs at " + bootstrap;
    }

    @Override
    public String tail() {
        return process.tail();
    }

    @Override
    public void close() {
        kafka.close();
        process.kill9();
    }
}
