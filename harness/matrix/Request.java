package matrix;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request that a script sends in a short life, by a name that means the same in the next life.
 *
 * @param kind   as Kafka names it
 * @param client the id of the client that sends it, without what is different in each life
 * @param number which one it is of its kind and client, from 1 on
 * @param atWork whether it is sent before the script is asked to stop
 */
public record Request(String kind, String client, int number, boolean atWork) {
    private static final Set<String> ONLY_READ = Set.of("ApiVersions", "DescribeCluster", "DescribeConfigs",
            "DescribeTopicPartitions", "DescribeTransactions", "Fetch", "FindCoordinator", "ListOffsets", "Metadata",
            "OffsetFetch");
    private static final Pattern TRACED = Pattern.compile("(\\w+)#\\d+ of (.+), \\d+ bytes, .*");
    private static final String NO_ID = "a client without id";
    private static final String FRESH = "-[0-9a-f]{8}"; // see Lab: in the names of group and topics

    /**
     * All requests of a life.
     *
     * @param atWork   the lines that the proxy had printed before the script was asked to stop
     * @param stopping those that it printed from then on
     */
    static List<Request> of(List<String> atWork, List<String> stopping) {
        Map<String, Integer> numbers = new HashMap<>();
        List<Request> requests = new ArrayList<>();
        add(atWork, true, numbers, requests);
        add(stopping, false, numbers, requests);
        return requests;
    }

    private static void add(List<String> traced, boolean atWork, Map<String, Integer> numbers, List<Request> to) {
        traced.stream().map(TRACED::matcher).filter(Matcher::matches).forEach(line -> {
            String client = line.group(2).replaceFirst(FRESH, "");
            to.add(new Request(line.group(1), client, numbers.merge(line.group(1) + " of " + client, 1, Integer::sum),
                    atWork));
        });
    }

    /** Whether it may change anything in Kafka. */
    boolean changes() {
        return !ONLY_READ.contains(kind);
    }

    /** The proxy's rule for it: of one kind and client the n-th, from when the rule is given. */
    String rule() {
        return kind + "#" + number + "@"
                + (client.equals(NO_ID) ? "()" : client.replaceFirst("^order-processor", "$0" + FRESH));
    }

    /** Such as Produce#2 of order-processor-writer. */
    @Override
    public String toString() {
        return kind + "#" + number + " of " + client;
    }
}
