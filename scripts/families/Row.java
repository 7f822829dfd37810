package families;

/**
 * One header of a family.
 *
 * @param step  in which of its family's two steps it is written: 1 or 2; 0 if it reports nothing of a failure
 * @param field what it reports; null if nothing of a failure
 */
record Row(String name, int step, Field field, Encoding encoding) {

    static Row first(String name, Field field, Encoding encoding) {
        return new Row(name, 1, field, encoding);
    }

    static Row second(String name, Field field, Encoding encoding) {
        return new Row(name, 2, field, encoding);
    }

    /** An error header, not one of the record's own, that reports nothing about the failure. */
    static Row beside(String name, Encoding encoding) {
        return new Row(name, 0, null, encoding);
    }

    boolean reports() {
        return field != null;
    }
}
