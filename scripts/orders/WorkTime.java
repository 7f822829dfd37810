package orders;

import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** For how long to simulate work, in milliseconds: always the same, or at random from one to the other. */
public record WorkTime(int least, int most) {

    /** Reads {@code 500} or {@code 0-5}. */
    public static final class Converter implements ITypeConverter<WorkTime> {
        @Override
        public WorkTime convert(String text) {
            if (!text.matches("\\d{1,8}(-\\d{1,8})?")) {
                throw new TypeConversionException("'" + text + "' is not a time: give milliseconds, as in 500 or 0-5");
            }
            String[] bounds = text.split("-");
            WorkTime time = new WorkTime(Integer.parseInt(bounds[0]), Integer.parseInt(bounds[bounds.length - 1]));
            if (time.least > time.most) {
                throw new TypeConversionException("'" + text + "' ends before it begins");
            }
            return time;
        }
    }

    /** Waits for that long. */
    public void spend() throws InterruptedException {
        int ms = least == most ? least : ThreadLocalRandom.current().nextInt(least, most + 1);
        if (ms > 0) {
            Thread.sleep(ms);
        }
    }
}
