package lab;

import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Reports in one sentence, without a stack trace, what the user can fix (here: an IllegalStateException). */
public final class Sentence implements IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) throws Exception {
        if (!(e instanceof IllegalStateException)) {
            throw e;
        }
        System.err.println(command.getCommandName() + ": " + e.getMessage());
        return 1;
    }
}
