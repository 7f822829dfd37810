package soak;

import history.Event.Fault;
import history.Recorder;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
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
    private final ReentrantLock lock = new ReentrantLock(); // held while something is done to it
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

    /** Kills it, freezes it, or stops it as a service manager does: with a kill if it takes too long. */
    void harm(Disruption.Kind kind) {
        locked(() -> {
            switch (kind) {
                case KILL -> kill();
                case STOP -> stop();
                case FREEZE -> {
                    process.freeze();
                    note(Fault.Kind.FREEZE, null);
                }
                default -> throw new IllegalArgumentException(kind.toString());
            }
        });
    }

    private void kill() {
        down = true;
        process.kill9();
        note(Fault.Kind.KILL, null);
    }

    private void stop() {
        down = true;
        try {
            process.stopWithin(STOP);
            note(Fault.Kind.STOP, null);
        } catch (IllegalStateException e) {
            kill();
        }
    }

    /** Undoes what was done. */
    void heal() {
        locked(() -> {
            if (!process.alive()) {
                begin();
            } else if (process.frozen()) {
                process.thaw();
                note(Fault.Kind.THAW, null);
            }
        });
    }

    private void locked(Runnable what) {
        lock.lock();
        try {
            what.run();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Starts it again if it has ended by itself. Returns at once.
     *
     * @return the last lines of its log; null if it runs, is down on purpose, or something is being done to it
     */
    String endedByItself() {
        if (!lock.tryLock()) {
            return null;
        }
        try {
            if (down || process.alive()) {
                return null;
            }
            String tail = process.tail();
            note(Fault.Kind.OTHER, "ended by itself");
            begin();
            return tail;
        } finally {
            lock.unlock();
        }
    }

    private void note(Fault.Kind kind, String detail) {
        recorder.add(new Fault(kind, name, detail));
    }
}
