package soak;

import history.Event.Fault;
import history.Recorder;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import lab.Running;

/** A script that is to run always, as under a service manager, and what is done to it. */
final class Service {
    private static final Duration STOP = Duration.ofSeconds(15);

    private final String name;
    private final Recorder recorder;
    private final IntFunction<Running> start;
    private final BiConsumer<Integer, Running> started;
    private Running process;
    private int life;
    private boolean down; // on purpose

    /**
     * Starts it.
     *
     * @param start   starts its n-th life
     * @param started is called with it, in a thread of its own
     */
    Service(String name, Recorder recorder, IntFunction<Running> start, BiConsumer<Integer, Running> started) {
        this.name = name;
        this.recorder = recorder;
        this.start = start;
        this.started = started;
        begin();
    }

    private void begin() {
        int now = ++life;
        Running one = process = start.apply(now);
        down = false;
        note(Fault.Kind.START, "life " + now);
        Thread.ofVirtual().start(() -> started.accept(now, one));
    }

    synchronized void kill() {
        down = true;
        process.kill9();
        note(Fault.Kind.KILL, null);
    }

    synchronized void stop() {
        down = true;
        try {
            process.stopWithin(STOP);
            note(Fault.Kind.STOP, null);
        } catch (IllegalStateException e) { // as a service manager does with one that takes too long
            kill();
        }
    }

    synchronized void freeze() {
        if (process.alive()) {
            process.freeze();
            note(Fault.Kind.FREEZE, null);
        }
    }

    /** Undoes what was done. */
    synchronized void heal() {
        if (!process.alive()) {
            begin();
        } else if (process.frozen()) {
            process.thaw();
            note(Fault.Kind.THAW, null);
        }
    }

    /**
     * Starts it again if it has ended by itself.
     *
     * @return the last lines of its log; null if it runs, or is down on purpose
     */
    synchronized String endedByItself() {
        if (down || process.alive()) {
            return null;
        }
        String tail = process.tail();
        note(Fault.Kind.OTHER, "ended by itself");
        begin();
        return tail;
    }

    private void note(Fault.Kind kind, String detail) {
        recorder.add(new Fault(kind, name, detail));
    }
}
