package story;

/** Hears what happens in a story while it happens. */
public interface Listener {
    /** Nobody listens. */
    Listener NONE = new Listener() {
        @Override
        public void did(String what) {
        }

        @Override
        public void saw(String what) {
        }
    };

    /** What was done, such as a consumer that was killed. */
    void did(String what);

    /** What was waited for, and came. */
    void saw(String what);
}
