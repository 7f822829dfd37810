package lab;

import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Says in a sentence, and without a stack trace, what the user can mend (here: an IllegalStateException). */
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
