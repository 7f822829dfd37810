package bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import lab.Running;

/** How much of its heap a process really needs. */
public final class LiveHeap {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern TOTAL = Pattern.compile("Total\\s+\\d+\\s+(\\d+)");

    private LiveHeap() {
    }

    /** The total of the class histogram of the JDK's jcmd, which collects all garbage first. */
    public static long bytes(Track track, Running process) {
        String java = ProcessHandle.of(process.pid()).flatMap(handle -> handle.info().command()).orElseThrow();
        Running jcmd = track.command("jcmd", Path.of(java).resolveSibling("jcmd").toString(),
                String.valueOf(process.pid()), "GC.class_histogram");
        return Long.parseLong(jcmd.awaitOut("total of the heap", TOTAL, PATIENCE));
    }
}
