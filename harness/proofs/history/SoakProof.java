package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import lab.Lab;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import soak.Mode;
import soak.Progress;
import soak.Verdicts;

/**
 * A minute and a half of what {@code make soak} does for longer: nothing is wrong, whatever happens. Only the checker
 * judges it. One seed is always the same, the other one is a new one each time, and is printed.
 */
@ExtendWith(LabExtension.class)
@Execution(ExecutionMode.SAME_THREAD)
@Order(0) // it takes longest
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class SoakProof {
    private static final int TICKS = 45;
    private static final int RATE = 15;
    private static final long FIXED = 7;

    @Test
    void nothingIsWrongWithTheSameSeedAsEver(Lab lab) throws Exception {
        soak(FIXED, lab);
    }

    @Test
    void nothingIsWrongWithANewSeed(Lab lab) throws Exception {
        soak(new Random().nextInt(1_000_000), lab);
    }

    private static void soak(long seed, Lab lab) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = new Verdicts(Mode.of(seed, null), seed, RATE, new Progress(new PrintStream(out, true,
                StandardCharsets.UTF_8), false), lab.folder()).run(null, TICKS, 0);
        System.out.println("soak with seed " + seed + ": " + out.toString(StandardCharsets.UTF_8).lines()
                .filter(line -> line.contains(" orders, ")).findFirst().orElse(""));
        assertThat(code).as("%s", out.toString(StandardCharsets.UTF_8)).isNotEqualTo(Verdicts.VIOLATION);
    }
}
