package families;

/** What a header can report of a failure; see {@link ReportedFailure}. */
enum Field {
    TOPIC, PARTITION, OFFSET, TIMESTAMP, TIMESTAMP_TYPE, GROUP, ATTEMPTS, NEXT_ATTEMPT, EXCEPTION, CAUSE, MESSAGE,
    STACKTRACE, VALUE_OMITTED, CONNECTOR, TASK, STAGE, EXECUTING_CLASS
}
