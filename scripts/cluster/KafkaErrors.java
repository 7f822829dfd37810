package cluster;

import cluster.ClusterFailure.Kind;
import java.io.IOException;
import java.nio.file.FileSystemException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnreleasedInstanceIdException;

/** What an exception from Kafka means for the user, in one sentence. */
public final class KafkaErrors {
    private KafkaErrors() {
    }

    /** @param e what a client of this cluster threw */
    public static ClusterFailure meaning(Cluster cluster, Throwable e) {
        if (e.getCause() instanceof ClusterFailure failure) { // thrown in a callback, which Kafka wraps
            return failure;
        }
        String kafka = "Kafka at " + cluster.bootstrapServers();
        return switch (e) {
            case ConfigException wrong -> wrongSettings(cluster, wrong);
            case SslAuthenticationException untrusted -> new ClusterFailure(Kind.REFUSED, "The TLS handshake with "
                    + kafka + " failed (" + reason(untrusted) + "): check the ssl settings in --command-config, such "
                    + "as ssl.truststore.location, which names the certificates to trust.", e);
            case FencedInstanceIdException replaced -> new ClusterFailure(Kind.REFUSED, kafka + " rejects this "
                    + "consumer: another consumer with the same --instance-id has taken its place. Give each its own.",
                    e);
            case UnreleasedInstanceIdException taken -> new ClusterFailure(Kind.REFUSED, kafka + " rejects this "
                    + "consumer: another member of the group has the same --instance-id. Give each its own; if this "
                    + "is the only one, start it again.", e);
            case AuthenticationException unknown -> new ClusterFailure(Kind.REFUSED, kafka + " rejects this user ("
                    + reason(unknown) + "): check the sasl settings in --command-config, such as name and "
                    + "password in sasl.jaas.config.", e);
            case AuthorizationException denied -> new ClusterFailure(Kind.REFUSED, kafka + " refuses ("
                    + reason(denied) + "): ask for " + rights(denied) + ".", e);
            case TimeoutException late -> new ClusterFailure(Kind.UNREACHABLE, kafka + " did not answer in time: is it "
                    + "running, and is the security.protocol in --command-config right?", e);
            default -> new ClusterFailure(Kind.REFUSED, kafka + " says: "
                    + (String.valueOf(e.getMessage()).isBlank() ? e.getClass().getSimpleName() : e.getMessage()), e);
        };
    }

    static ClusterFailure wrongSettings(Cluster cluster, KafkaException e) {
        return new ClusterFailure(Kind.WRONG_SETTINGS, "No client can be created with "
                + (cluster.clientConfig() == null
                ? "these settings" : "--command-config " + cluster.clientConfig()) + ": " + reason(e), e);
    }

    /** The least that the refused user needs; Kafka does not say what was missing. */
    private static String rights(AuthorizationException denied) {
        return switch (denied) {
            case TopicAuthorizationException topic -> "READ on the topic to read it, WRITE to write to it";
            case GroupAuthorizationException group -> "READ on the group, or DESCRIBE to look at it";
            case TransactionalIdAuthorizationException id -> "WRITE on transactional ids that begin with the --group";
            default -> "WRITE on the topic that is written to"; // not even an idempotent producer may start
        };
    }

    /** The message of the innermost cause, which says best what is wrong; for a key store, of its IOException. */
    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getClass() != IOException.class) {
            cause = cause.getCause();
        }
        return (cause instanceof FileSystemException ? cause.getClass().getSimpleName() + " " : "")
                + String.valueOf(cause.getMessage()).replaceFirst("\\.$", "");
    }
}
