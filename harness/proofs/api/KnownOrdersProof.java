package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;

import api.Claim;
import api.KnownOrders;
import api.KnownOrders.Identity;
import api.Sent;
import api.Sent.Acknowledged;
import java.util.concurrent.CompletableFuture;
import messages.Digest;
import org.junit.jupiter.api.Test;

/** What makes two requests the same order, without Kafka: by key, by order_id, while in flight, and after that. */
class KnownOrdersProof {
    private static final Digest A = Digest.of(new byte[] {1});
    private static final Digest B = Digest.of(new byte[] {2});

    private final KnownOrders orders = new KnownOrders(3);

    @Test
    void oneIsSentAndTheOthersWaitForIt() {
        Claim.New first = isNew(of("x", "k", A));
        Claim.Placed second = (Claim.Placed) orders.claim(of("x", "k", A));
        assertThat(second.sent()).isSameAs(first.sent()).isNotDone();
        assertThat(orders.claim(of("x", null, A))).as("by its order_id alone").isInstanceOf(Claim.Placed.class);
        assertThat(orders.claim(of("x", "k", B))).isEqualTo(new Claim.Taken(true));
        assertThat(orders.claim(of("y", "k", A))).isEqualTo(new Claim.Taken(true));
        assertThat(orders.claim(of("x", "other", B))).isEqualTo(new Claim.Taken(false));

        orders.settle(of("x", "k", A), new Acknowledged(1, 7));
        assertThat(place(orders.claim(of("x", "k", A)))).isEqualTo(new Acknowledged(1, 7));
        assertThat(place(orders.claim(of("x", "other", A)))).isEqualTo(new Acknowledged(1, 7));
        assertThat(orders.claim(of("x", "k", B))).isEqualTo(new Claim.Taken(true));
    }

    @Test
    void whatWasRefusedIsSentAgain() {
        isNew(of("x", "k", A));
        orders.settle(of("x", "k", A), new Sent.Refused("away", Sent.Cause.AWAY));
        isNew(of("y", "k", B));
    }

    @Test
    void aKeyAndAnOrderIdOfTheSameTextAreTwoThings() {
        isNew(of("same", null, A));
        isNew(of("x", "same", B));
    }

    @Test
    void anOrderIdThatIsMadeFromItsKeyIsTheKey() {
        String made = KnownOrders.idFor("k");
        isNew(of(made, "k", A));
        assertThat(orders.claim(of(made, "k", B))).isEqualTo(new Claim.Taken(true));
        assertThat(orders.claim(of(made, null, B))).isEqualTo(new Claim.Taken(false));
    }

    @Test
    void theOldestAreForgottenWithTheirKeys() {
        for (int i = 0; i < 4; i++) {
            place(of("x" + i, "k" + i, A), i);
        }
        isNew(of("other", "k0", B));
        assertThat(orders.claim(of("other", "k1", B))).isEqualTo(new Claim.Taken(true));
        assertThat(orders.status("x0")).isEmpty();
        assertThat(orders.status("x1")).isPresent();
    }

    /** The view reads it from the topic a moment later: it is not the latest. */
    @Test
    void whatWasForgottenDoesNotComeBackWhenItsRecordIsRead() {
        for (int i = 0; i < 4; i++) {
            place(of("x" + i, null, A), i);
        }
        for (int i = 0; i < 4; i++) {
            written("x" + i, i);
        }
        assertThat(orders.status("x0")).isEmpty();
        assertThat(orders.status("x1")).isPresent();
    }

    private void written(String orderId, long offset) {
        orders.written(of(orderId, null, A), new KnownOrders.Place(0, offset));
    }

    private void place(Identity order, long offset) {
        isNew(order);
        orders.settle(order, new Acknowledged(0, offset));
    }

    private Claim.New isNew(Identity order) {
        Claim claim = orders.claim(order);
        assertThat(claim).isInstanceOf(Claim.New.class);
        return (Claim.New) claim;
    }

    private static Sent place(Claim claim) {
        CompletableFuture<Sent> sent = ((Claim.Placed) claim).sent();
        return sent.getNow(null);
    }

    private static Identity of(String orderId, String key, Digest content) {
        return Identity.of(orderId, key, content);
    }
}
