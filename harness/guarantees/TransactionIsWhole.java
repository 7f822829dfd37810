package guarantees;

import history.Anomaly.Kind;
import java.nio.file.Path;
import lab.Broker;
import lab.Kafka;
import lab.Proxy;
import story.Guarantee;
import story.RecordedTransactions;
import story.Side;

/**
 * 11. The request that aborts a transaction comes late: its producer has sent it again, and is in the next transaction.
 * That is read whole. With transaction.version 1 the late request aborts the first half of it.
 */
final class TransactionIsWhole extends Guarantee {
    private static final int TRANSACTIONS = 3;
    private static final String ANSWERED = "dropped the answer of EndTxn";

    /** It is a setting of the cluster, so that the other side needs a broker of its own. */
    TransactionIsWhole() {
        super("Is a transaction read in part if a request comes late?", "transaction.version=1", Kind.TORN);
    }

    @Override
    public Brokers brokers(Broker given, Path folder) {
        Broker old = Broker.embedded(folder, "with transaction.version 1");
        try (Kafka kafka = new Kafka(old.client())) {
            kafka.setTransactionVersion(1);
        }
        return new Brokers(given, old);
    }

    @Override
    public String happens(Side side) throws Exception {
        Proxy proxy = Proxy.before(side.lab());
        try (RecordedTransactions producer = side.transactions(proxy.bootstrap())) {
            for (int i = 1; i <= TRANSACTIONS; i++) {
                producer.begin();
                producer.send(side.order(0, "aborted-" + i, "customer123"));
                proxy.command("hold EndTxn#1", "drop-answer EndTxn#1");
                producer.abort();
                producer.begin();
                producer.send(side.order(0, "first-" + i, "customer123"));
                proxy.command("release");
                int late = i;
                side.until("Kafka has answered the late request", () -> proxy.lines(ANSWERED).size() == late);
                producer.send(side.order(1, "second-" + i, "customer123"));
                producer.commit();
            }
        }
        side.bit(TRANSACTIONS + " requests to abort came late, each in the middle of the next transaction");
        return side.records() + " of " + 2 * TRANSACTIONS + " records of " + TRANSACTIONS + " transactions read";
    }
}
