package matrix;

import java.util.ArrayList;
import java.util.List;

/**
 * Where in its life a script is killed.
 *
 * @param changed whether it may have changed something in Kafka by then
 */
public record Point(Request request, Moment moment, boolean changed) {

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
        List<Point> points = new ArrayList<>();
        boolean changed = false;
        for (Request request : requests) {
            points.add(new Point(request, Moment.BEFORE, changed));
            changed |= request.changes();
            points.add(new Point(request, Moment.AFTER, changed));
        }
        return points;
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
