package guarantees;

import story.Guarantee;

/** The project's promises that have a story, by their numbers. */
public enum Guarantees {
    ACCEPTED_IS_DURABLE(1, new AcceptedIsDurable()),
    RETRIES_ADD_NOTHING(2, new RetriesAddNothing()),
    PROCESSED_AT_LEAST_ONCE(3, new ProcessedAtLeastOnce()),
    PROCESSED_ONCE(4, new ProcessedOnce()),
    BAD_RECORD_STOPS_NOTHING(5, new BadRecordStopsNothing()),
    ZOMBIE_CHANGES_NOTHING(6, new ZombieChangesNothing()),
    ORDER_PER_KEY(7, new OrderPerKey()),
    SLOW_ORDER_HOLDS_UP_ITS_KEY(8, new SlowOrderHoldsUpItsKey()),
    NOTHING_IS_DROPPED(9, new NothingIsDropped()),
    REPLAY_IS_SAFE(10, new ReplayIsSafe()),
    TRANSACTION_IS_WHOLE(11, new TransactionIsWhole());

    private final int number;
    private final Guarantee guarantee;

    Guarantees(int number, Guarantee guarantee) {
        this.number = number;
        this.guarantee = guarantee;
    }

    public int number() {
        return number;
    }

    public Guarantee guarantee() {
        return guarantee;
    }
}
