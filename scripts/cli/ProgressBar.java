package cli;

import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Help.Ansi;

/** A progress bar on standard error; it prints nothing if that is not a terminal. */
public final class ProgressBar implements AutoCloseable {
    private static final int WIDTH = 30;
    private static final long REFRESH_NANOS = 100_000_000;

    private final boolean shown = Ansi.AUTO.enabled();
    private final String what;
    private final long total;
    private final AtomicLong done = new AtomicLong();
    private long drawn;

    public ProgressBar(String what, long total) {
        this.what = what;
        this.total = total;
    }

    public void step() {
        done.incrementAndGet();
        draw(false);
    }

    public void at(long value) {
        done.set(value);
        draw(false);
    }

    private synchronized void draw(boolean last) {
        long now = System.nanoTime();
        if (shown && total > 0 && (last || now - drawn > REFRESH_NANOS)) {
            drawn = now;
            int full = (int) (WIDTH * Math.min(done.get(), total) / Math.max(1, total));
            System.err.print("\r" + what + " [" + "#".repeat(full) + " ".repeat(WIDTH - full) + "] " + done + "/"
                    + total + (last ? "\n" : ""));
            System.err.flush();
        }
    }

    @Override
    public void close() {
        draw(true);
    }
}
