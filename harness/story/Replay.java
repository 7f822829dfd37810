package story;

import history.Event.Accepted;
import history.Event.Unknown;
import history.Recorder;
import java.time.Duration;
import java.util.List;
import lab.Ended;
import lab.Running;

/** One run of a replay of all dead letters: an attempt to write each of them once more. */
public final class Replay {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<Long> attempts;
    private final Running process;
    private final Recorder recorder;

    Replay(List<Long> attempts, Running process, Recorder recorder) {
        this.attempts = attempts;
        this.process = process;
        this.recorder = recorder;
    }

    public Running process() {
        return process;
    }

    /** Kills it: what it has sent is not known. */
    public void kill() {
        process.kill9();
        attempts.forEach(attempt -> recorder.add(new Unknown(attempt, "killed")));
    }

    /** Waits until it has sent all. */
    public void end() {
        Ended ended = process.ended(PATIENCE);
        if (ended.exitCode() != 0) {
            throw new IllegalStateException(ended.tail());
        }
        attempts.forEach(attempt -> recorder.add(new Accepted(attempt, null, "replayed")));
    }
}
