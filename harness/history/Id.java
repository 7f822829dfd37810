package history;

/**
 * What an operation is about. Two attempts with the same name and content are one operation.
 *
 * @param name what shall take effect once, such as the id of an order
 * @param content stands for the rest of it, such as a digest
 */
public record Id(String name, String content) {
    private static final int LONGEST = 24;

    @Override
    public String toString() {
        return name + " (" + content.substring(0, Math.min(LONGEST, content.length())) + ")";
    }
}
