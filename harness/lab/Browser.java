package lab;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType.LaunchOptions;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.ScreenshotOptions;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Playwright.CreateOptions;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * A real browser, for what only a browser can tell: a headless Chromium that reaches 127.0.0.1 and nothing else. There
 * is one for the whole run, and one tab at a time, since Playwright's objects are not for several threads at once. It
 * runs without its sandbox, as Playwright has it, so that root can start it: it is shown our own pages only.
 */
public final class Browser implements AutoCloseable {
    private static final List<String> NAMES = List.of("google-chrome", "chromium", "chromium-browser");
    private static final List<String> OFFLINE = List.of(
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", // addresses are names to it, too
            "--no-proxy-server");                                       // which would look names up itself
    private static final Duration LONGEST_DOWNLOAD = Duration.ofMinutes(10);

    private final ReentrantLock turn = new ReentrantLock(true);
    private final Playwright playwright;
    private final com.microsoft.playwright.Browser chromium;

    /** Starts the browser that is installed, or else one that Playwright downloads, once. */
    public Browser(Path logs) {
        System.setProperty("playwright.driver.tmpdir", logs.toString()); // 130 MB, which a kill -9 leaves there
        playwright = Playwright.create(new CreateOptions()
                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))); // it would bring three of them
        LaunchOptions options = new LaunchOptions().setArgs(OFFLINE);
        Optional<Path> installed = installed();
        installed.ifPresent(options::setExecutablePath);
        chromium = installed.isPresent() || downloaded(logs) ? playwright.chromium().launch(options) : null;
    }

    private static Optional<Path> installed() {
        return NAMES.stream()
                .flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Whether Playwright has the Chromium that it was made for, now or from a time before. */
    private static boolean downloaded(Path logs) {
        return Running.start("playwright-install", logs, logs, Map.of(),
                List.of(ProcessHandle.current().info().command().orElseThrow(), "-classpath",
                        System.getProperty("java.class.path"), "com.microsoft.playwright.CLI", "install",
                        "--only-shell", "chromium")).awaitExit(LONGEST_DOWNLOAD) == 0;
    }

    /**
     * Opens an address in a tab of its own, with no cookies and nothing cached, once no other tab is open.
     *
     * @param screenshot where to put a picture (PNG) of what the tab shows when it is closed
     * @throws IllegalStateException if there is no browser, and none could be downloaded
     */
    public Tab open(URI address, Path screenshot) {
        if (chromium == null) {
            throw new IllegalStateException("There is no Chrome or Chromium on the PATH, and Playwright could not "
                    + "download one: install one, such as with 'apt-get install chromium'.");
        }
        turn.lock();
        try {
            Tab tab = new Tab(chromium.newContext(), address, screenshot);
            tab.page.navigate(address.toString());
            return tab;
        } catch (RuntimeException e) {
            turn.unlock();
            throw e;
        }
    }

    /** A page, and what went on behind it. */
    public final class Tab implements AutoCloseable {
        private final BrowserContext context;
        private final Page page;
        private final Path screenshot;
        private final List<String> elsewhere = new ArrayList<>();
        private final List<String> complaints = new ArrayList<>();

        private Tab(BrowserContext context, URI address, Path screenshot) {
            this.context = context;
            this.screenshot = screenshot;
            String here = address.resolve("/").toString();
            context.onRequest(request -> {
                if (!request.url().startsWith(here)) {
                    elsewhere.add(request.method() + " " + request.url());
                }
            });
            context.onConsoleMessage(message -> {
                if (message.type().equals("error")) {
                    complaints.add(message.text());
                }
            });
            context.onWebError(error -> complaints.add(error.error()));
            page = context.newPage();
        }

        public Page page() {
            return page;
        }

        /** What was asked of anybody but the host and port that the tab was opened at. */
        public List<String> elsewhere() {
            return elsewhere;
        }

        /** The errors in its console (what failed to load, what its security policy forbids) and in its scripts. */
        public List<String> complaints() {
            return complaints;
        }

        @Override
        public void close() {
            try (context) {
                page.screenshot(new ScreenshotOptions().setFullPage(true).setPath(screenshot));
            } finally {
                turn.unlock();
            }
        }
    }

    @Override
    public void close() {
        playwright.close(); // and with it the browser
    }
}
