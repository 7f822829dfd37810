package story;

import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Where the two sides of a story wait for each other, so that one fault can happen to both. */
final class Meeting {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final CyclicBarrier both = new CyclicBarrier(2);
    private volatile Throwable gone; // why one of them will not come

    /** Waits for the other side, does something once for both, and returns when it is done. */
    void once(Runnable fault) {
        if (arrive() == 0) {
            fault.run();
        }
        arrive();
    }

    private int arrive() {
        try {
            if (gone == null) {
                return both.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        } catch (BrokenBarrierException | TimeoutException e) {
            // as below
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
        throw new IllegalStateException("The other side did not come: "
                + (gone == null ? "it is late." : gone.getMessage()), gone);
    }

    /** The other side need not wait any longer. */
    void leave(Throwable why) {
        gone = why;
        both.reset();
    }
}
