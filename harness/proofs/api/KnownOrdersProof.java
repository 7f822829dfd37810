package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;

import api.Claim;
import api.KnownOrders;
import api.KnownOrders.Identity;
import api.Sent;
import api.Sent.Acknowledged;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import messages.Digest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What makes two requests the same order, without Kafka: by key, by order_id, while in flight, and after that. */
class KnownOrdersProof {
    private static final Digest A = Digest.of(new byte[] {1});
    private static final Digest B = Digest.of(new byte[] {2});

    private final KnownOrders orders = new KnownOrders(3);

    @BeforeEach
    void nothingWasThereBefore() {
        orders.restored();
    }

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
    void aKeyMeansOneOrderWithAnOrderIdAndWithoutOne() {
        String made = KnownOrders.idFor("k");
        isNew(of(made, "k", A));
        assertThat(orders.claim(of("z", "k", A))).as("while the first is in flight").isEqualTo(new Claim.Taken(true));
        orders.settle(of(made, "k", A), new Acknowledged(0, 0));
        assertThat(orders.claim(of("z", "k", A))).isEqualTo(new Claim.Taken(true));

        isNew(of("z", "own", A));
        assertThat(orders.claim(of(KnownOrders.idFor("own"), "own", A))).isEqualTo(new Claim.Taken(true));
        orders.settle(of("z", "own", A), new Acknowledged(0, 1));
        assertThat(orders.claim(of(KnownOrders.idFor("own"), "own", B))).isEqualTo(new Claim.Taken(true));
    }

    /** The tails come in one partition after the other: what is dropped then says nothing about other partitions. */
    @Test
    void ofWhatWasThereBeforeTheLatestStay() {
        KnownOrders restarted = new KnownOrders(3);
        for (int partition = 0; partition < 3; partition++) { // first what has an outcome
            restarted.written(of("old-" + partition, null, A), new KnownOrders.Place(partition, 0));
            restarted.written(of("late-" + partition, null, A), new KnownOrders.Place(partition, 1));
        }
        for (int partition = 0; partition < 3; partition++) { // then the records
            Identity late = of("late-" + partition, null, A);
            restarted.makeLatest(late.id());
            restarted.written(late, new KnownOrders.Place(partition, 1));
        }
        restarted.restored();
        assertThat(List.of("late-0", "late-1", "late-2")).allSatisfy(
                late -> assertThat(restarted.status(late)).as(late).isPresent());
        assertThat(restarted.status("old-2")).isEmpty();
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
