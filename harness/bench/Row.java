package bench;

import java.util.List;

/** One question about speed or size, and how it is answered. */
public interface Row {
    /** Its name in the table, and for {@code --only}. */
    String name();

    List<Figure> measure(Track track);
}
