package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lab.Lab;
import lab.Repo;
import lab.Running;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Bytes from outside are an order, or are refused with a declared exception. */
@ExtendWith(LabExtension.class)
class FuzzProof {
    private static final int MOST = 50_000; // some 10 seconds
    private static final int FEWEST = 10_000;
    private static final int LONGEST = 90; // seconds, on a busy machine

    @Test
    void noBytesBreakTheParsingOfAnOrder(Lab lab) throws Exception {
        String found = Files.createDirectories(lab.folder().resolve("found")).toString(); // besides the seeds
        Running fuzz = lab.start("OrderFuzz", found, Repo.file("harness/fuzz/seeds").toString(),
                "-dict=" + Repo.file("harness/fuzz/order.dict"), "-runs=" + MOST,
                "-max_total_time=" + LONGEST);
        int exit = fuzz.awaitExit(Duration.ofSeconds(LONGEST + 60));
        assertThat(exit).as("exit code of the fuzzer, with the input that broke it:%n%s", fuzz.tail()).isEqualTo(0);
        Matcher runs = Pattern.compile("Done (\\d+) runs in \\d+ second").matcher(fuzz.err());
        assertThat(runs.find()).as(fuzz.tail()).isTrue();
        assertThat(Integer.parseInt(runs.group(1))).as("inputs tried").isGreaterThan(FEWEST);
    }
}
