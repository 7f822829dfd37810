package cli;

/** A failure that the user sees as one sentence: what is wrong, and what to do about it. */
public final class Failure extends RuntimeException {
    private final ExitCode exitCode;

    public Failure(String sentence) {
        this(ExitCode.FAILED, sentence, null);
    }

    public Failure(ExitCode exitCode, String sentence) {
        this(exitCode, sentence, null);
    }

    public Failure(ExitCode exitCode, String sentence, Throwable cause) {
        super(sentence, cause);
        this.exitCode = exitCode;
    }

    ExitCode exitCode() {
        return exitCode;
    }
}
