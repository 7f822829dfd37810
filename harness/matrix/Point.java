package matrix;

import java.util.List;
import java.util.stream.Stream;

/** Where in its life a script is killed. */
public record Point(Request request, Moment moment) {

    /** When, as seen from the broker. */
    public enum Moment {
        /** The broker never gets the request. */
        BEFORE("hold"),
        /** The broker has answered it, and the script never gets the answer. */
        AFTER("hold-answer");

        private final String command;

        Moment(String command) {
            this.command = command;
        }
    }

    /** Two for each request. */
    static List<Point> of(List<Request> requests) {
        return requests.stream().flatMap(request -> Stream.of(Moment.values())
                .map(moment -> new Point(request, moment))).toList();
    }

    /** What makes the proxy stop the script's time here. */
    String command() {
        return moment.command + " " + request.rule();
    }

    /** Such as before Produce#2 of order-processor-writer. */
    @Override
    public String toString() {
        return moment.name().toLowerCase() + " " + request;
    }
}
