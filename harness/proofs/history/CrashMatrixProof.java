package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import lab.Lab;
import lab.fixtures.LabExtension;
import matrix.Found;
import matrix.Lives;
import matrix.Matrix;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A script that is killed with -9 at a request, before Kafka has it or before its answer arrives, loses nothing and
 * does nothing twice (invariants 3, 4 and 10). {@code make prove MATRIX=1} does so at every request. How many fetches,
 * heartbeats and batches a life has varies a little, so that one point in ten may be out of reach.
 */
@ExtendWith(LabExtension.class)
@Order(2) // one after the other they take long
@Execution(ExecutionMode.SAME_THREAD) // each starts JVMs all the time
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CrashMatrixProof {
    private static final int EVERY = 10;
    private static final int AT_A_TIME = 2;

    @ParameterizedTest
    @EnumSource
    void atATenthOfTheRequestsACrashLosesNothingAndDoesNothingTwice(Lives lives, Lab lab) throws Exception {
        try (Matrix matrix = new Matrix(lab.broker(), lab.folder(), AT_A_TIME)) {
            List<Found> found = matrix.kill(lives, Matrix.every(EVERY, matrix.points(lives)), each -> { });
            List<Found> reached = found.stream().filter(Found::reached).toList();
            assertThat(reached).as("of %s", found).isNotEmpty().hasSizeGreaterThanOrEqualTo(found.size() * 9 / 10)
                    .noneMatch(Found::isWrong);
        }
    }
}
