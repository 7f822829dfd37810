package guarantees;

import history.Anomaly.Kind;
import history.Event.Fault;
import java.nio.file.Path;
import java.util.List;
import lab.Broker;
import lab.Cluster;
import lab.Kafka;
import story.Guarantee;
import story.RecordedApi;
import story.Side;

/**
 * 1. The leader dies with orders that no other broker has: none of them was accepted. In a cluster of three, for both
 * sides: the followers are frozen, orders are posted, the leader is killed, and the followers go on.
 */
final class AcceptedIsDurable extends Guarantee {
    private static final int BEFORE = 6;
    private static final int DURING = 20;

    AcceptedIsDurable() {
        super("Does an accepted order survive the death of the leader?", "--acks 1", Kind.LOST);
    }

    @Override
    public Brokers brokers(Broker given, Path folder) {
        Cluster three = new Cluster(folder, 3, "--property", "broker.session.timeout.ms=3000", "--property",
                "broker.heartbeat.interval.ms=500"); // a dead one is noticed soon
        return new Brokers(three, three);
    }

    @Override
    public void createTopic(Kafka kafka, String topic) {
        kafka.createTopicOn(topic, 2, 1, 2, 3);
    }

    @Override
    public String happens(Side side) {
        Cluster cluster = (Cluster) side.lab().broker();
        String topic = side.lab().events;
        RecordedApi api = side.api("api-1", cluster.bootstrap(), side.options("--timeout-ms", "2000"));
        int accepted = api.postAll("before-", BEFORE);
        side.until("all replicas have these", () -> side.records() == BEFORE);

        int leader = cluster.leaderOf(topic);
        List<Integer> followers = cluster.followersOf(topic);
        side.together(new Fault(Fault.Kind.FREEZE, "followers", followers.toString()),
                () -> cluster.freeze(followers));
        int alone = api.postAll("during-", DURING);
        side.until("the leader has them", () -> cluster.log(leader, topic).contains("during-"));
        side.kill("api-1", api.process()); // it would send again what was not acknowledged
        side.together(new Fault(Fault.Kind.KILL, "leader", String.valueOf(leader)), () -> cluster.kill(leader));
        side.together(new Fault(Fault.Kind.THAW, "followers", followers.toString()),
                () -> followers.forEach(cluster::thaw));
        side.until("another one leads", () -> followers.contains(cluster.leaderOf(topic)));
        side.bit("the leader died when it alone had the last orders, " + alone + " of " + DURING + " of them accepted");
        return "%d orders accepted, %d there".formatted(accepted + alone, side.records());
    }
}
