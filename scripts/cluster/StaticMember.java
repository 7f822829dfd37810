package cluster;

import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.slf4j.Logger;

/**
 * The member of a consumer group that has a given instance id (KIP-345). In a group of the classic protocol, a consumer
 * that joins with that id replaces it. With {@code group.protocol=consumer} (KIP-848) the broker rejects the new one
 * until the session of the old one has ended, 45 s after a kill by default, and the client gives up. Removing the old
 * one first makes both alike. In a transaction an old one that still runs can write nothing more; with manual commits
 * it may write until its next heartbeat, as with the classic protocol.
 */
public final class StaticMember {
    private static final int HAS_LEFT = -2; // for the time of a restart: its partitions are kept for it

    private StaticMember() {
    }

    /**
     * Removes the member, unless it has left by itself. If it still runs, the broker rejects it from then on, once
     * another one has joined with its id.
     *
     * @throws ClusterFailure if the cluster does not answer in time, or refuses
     */
    public static void remove(Cluster cluster, Admin admin, String group, String instanceId, Logger log) {
        try {
            var members = AdminAnswers.get(admin.describeConsumerGroups(Set.of(group)).describedGroups().get(group),
                    AdminAnswers.LONGEST_WAIT).members();
            if (members.stream().anyMatch(member -> isStillThere(member, instanceId))) {
                log.info("the member with the instance id {} has not left the group: takes its place", instanceId);
                MemberToRemove old = new MemberToRemove(instanceId);
                AdminAnswers.get(admin.removeMembersFromConsumerGroup(group,
                        new RemoveMembersFromConsumerGroupOptions(Set.of(old))).memberResult(old),
                        AdminAnswers.LONGEST_WAIT);
            }
        } catch (GroupIdNotFoundException | UnknownMemberIdException e) {
            log.debug("no member of {} has the instance id {}", group, instanceId, e);
        } catch (KafkaException e) {
            throw KafkaErrors.meaning(cluster, e);
        }
    }

    /** Members of a group of the classic protocol have no epoch. */
    private static boolean isStillThere(MemberDescription member, String instanceId) {
        return member.groupInstanceId().filter(instanceId::equals).isPresent()
                && member.memberEpoch().filter(epoch -> epoch != HAS_LEFT).isPresent();
    }
}
