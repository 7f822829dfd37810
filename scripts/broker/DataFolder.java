package broker;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import cli.ExitCode;
import cli.Failure;
import java.io.IOException;
import java.io.Reader;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The folder with a node's data. One broker at a time uses it, and it always belongs to the same node of the same
 * cluster.
 */
public final class DataFolder implements AutoCloseable {
    private static final String TEMPORARY = "kafka-broker-"; // how the name of a temporary one begins
    private static final String LOCK = "in-use.lock";

    private final Path path;
    private final boolean temporary;
    private final FileChannel lock;
    private boolean closed;

    /**
     * @param given where to keep the data; null for a temporary folder
     * @throws Failure if it cannot be written, or another broker uses it
     */
    public DataFolder(Path given) throws IOException {
        temporary = given == null;
        Path folder = writable(given);
        FileChannel locked = lock(folder);
        while (temporary && locked == null) { // another broker, which starts too, took it for a left one
            folder = writable(null);
            locked = lock(folder);
        }
        if (locked == null) { // Kafka itself would notice only after both wrote to the metadata log
            throw new Failure(folder + " is in use by another broker: stop that one, or give another --data-dir.");
        }
        path = folder;
        lock = locked;
        if (temporary) {
            removeThoseOfKilledBrokers();
        }
    }

    /** Null if another process has the lock. */
    private static FileChannel lock(Path folder) throws IOException {
        FileChannel file;
        try {
            file = FileChannel.open(folder.resolve(LOCK), CREATE, WRITE);
        } catch (NoSuchFileException e) { // the folder has just been removed
            return null;
        }
        if (file.tryLock() == null) {
            file.close();
            return null;
        }
        return file;
    }

    /** A broker that was killed leaves its temporary folder behind, but not the lock on it. */
    private void removeThoseOfKilledBrokers() throws IOException {
        UserPrincipal me = Files.getOwner(path);
        try (DirectoryStream<Path> all = Files.newDirectoryStream(path.getParent(), TEMPORARY + "*")) {
            for (Path one : all) {
                if (!one.equals(path) && Files.isRegularFile(one.resolve(LOCK), NOFOLLOW_LINKS)
                        && Files.getOwner(one, NOFOLLOW_LINKS).equals(me)) {
                    removeIfLeft(one);
                }
            }
        } catch (IOException | DirectoryIteratorException e) { // another one has removed it first, or it stays
        }
    }

    private static void removeIfLeft(Path folder) throws IOException {
        try (FileChannel file = FileChannel.open(folder.resolve(LOCK), WRITE)) {
            if (file.tryLock() != null) {
                remove(folder);
            }
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }

    private static Path writable(Path given) {
        try {
            Path path = given == null ? Files.createTempDirectory(TEMPORARY)
                    : Files.createDirectories(given.toAbsolutePath());
            Files.delete(Files.createTempFile(path, "writable", ""));
            return path;
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "The folder " + given + " cannot be written ("
                    + e.getClass().getSimpleName() + "): give another --data-dir.", e);
        }
    }

    public Path path() {
        return path;
    }

    /**
     * Finds out to which cluster the node belongs.
     *
     * @throws Failure if it holds the data of another cluster or node
     */
    public String clusterId(NodeOptions node) throws IOException {
        Properties found = new Properties();
        Path meta = path.resolve("meta.properties"); // where Kafka notes which node the folder belongs to
        if (Files.exists(meta)) {
            try (Reader file = Files.newBufferedReader(meta)) {
                found.load(file);
            }
        }
        String foundCluster = found.getProperty("cluster.id");
        String cluster = node.clusterId(foundCluster);
        String number = String.valueOf(node.node());
        String foundNode = found.getProperty("node.id", number);
        if (foundCluster != null && !(foundCluster.equals(cluster) && foundNode.equals(number))) {
            throw new Failure(path + " holds the data of node " + foundNode + " of another cluster (" + foundCluster
                    + "): start the broker as that node, or give another --data-dir.");
        }
        return cluster;
    }

    /** Releases the folder, and removes a temporary one. May be called several times, from any thread. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (temporary) {
            remove(path);
        }
        lock.close();
    }
}
