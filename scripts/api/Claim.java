package api;

import java.util.concurrent.CompletableFuture;

/** What is known of an order when a request for it comes in. */
public sealed interface Claim {
    /**
     * Nobody has placed it: it is this request's to send.
     *
     * @param sent to complete with what is known once it was sent; other requests for it may wait for it, too
     */
    record New(CompletableFuture<Sent> sent) implements Claim {
    }

    /** It was placed before, or is in flight. */
    record Placed(CompletableFuture<Sent> sent) implements Claim {
    }

    /** Another order was placed with its idempotency key, or with its order_id. */
    record Taken(boolean byKey) implements Claim {
    }
}
