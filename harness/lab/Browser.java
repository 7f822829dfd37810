package lab;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType.LaunchOptions;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.ScreenshotOptions;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Playwright.CreateOptions;
import com.microsoft.playwright.PlaywrightException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A real browser, for what only a browser can show: a headless Chromium that reaches 127.0.0.1 and nothing else. There
 * is one for the whole run, and one tab at a time, since Playwright's objects are not thread-safe. It runs without its
 * sandbox, as is Playwright's default, so that root can start it; it opens only our own pages.
 */
public final class Browser implements AutoCloseable {
    private static final List<String> OFFLINE = List.of(
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", // it treats addresses as names, too
            "--no-proxy-server");                                       // which would look names up itself
    private static final Duration LONGEST_START = Duration.ofMinutes(2);
    private static final Duration LONGEST_DOWNLOAD = Duration.ofMinutes(4);
    private static Browser one;

    private final ReentrantLock turn = new ReentrantLock(true);
    private final Playwright playwright;
    private final com.microsoft.playwright.Browser chromium;

    private Browser(Playwright playwright, com.microsoft.playwright.Browser chromium) {
        this.playwright = playwright;
        this.chromium = chromium;
    }

    /**
     * Starts the browser: the one that is installed; else one that Playwright downloads, once, to its own cache; else
     * one that apt-get installs. (Some machines reach the one server, some the other.) Returns whether one works.
     */
    static boolean start(Path logs) {
        Optional<Playwright> driver = driver();
        if (driver.isEmpty()) {
            return false;
        }
        Playwright playwright = driver.get();
        Optional<com.microsoft.playwright.Browser> chromium = installed()
                .flatMap(path -> launch(playwright, Optional.of(path)))
                .or(() -> download(logs) ? launch(playwright, Optional.empty()) : Optional.empty())
                .or(() -> Tool.apt(logs, "chromium")
                        ? installed().flatMap(path -> launch(playwright, Optional.of(path))) : Optional.empty());
        chromium.ifPresentOrElse(found -> one = new Browser(playwright, found), playwright::close);
        return chromium.isPresent();
    }

    /** The one that {@link Tool#BROWSER} has started. */
    static Browser get() {
        if (one == null) {
            throw new IllegalStateException("a test that asks for a browser has to be annotated with @Needs");
        }
        return one;
    }

    private static Optional<Path> installed() {
        return Tool.installed("google-chrome", "chromium", "chromium-browser");
    }

    /** Playwright's driver is a process that has to start before it can be used. */
    private static Optional<Playwright> driver() {
        System.setProperty("playwright.driver.tmpdir", Reaper.temporary().toString()); // 130 MB
        Map<String, String> env = new HashMap<>(Reaper.mark());
        env.put("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"); // it would download three browsers
        try {
            return Optional.of(CompletableFuture
                    .supplyAsync(() -> Playwright.create(new CreateOptions().setEnv(env)))
                    .get(LONGEST_START.toSeconds(), TimeUnit.SECONDS));
        } catch (ExecutionException | TimeoutException e) {
            System.out.println("Playwright does not start: " + e);
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static Optional<com.microsoft.playwright.Browser> launch(Playwright playwright, Optional<Path> executable) {
        LaunchOptions options = new LaunchOptions().setArgs(OFFLINE);
        executable.ifPresent(options::setExecutablePath);
        try {
            return Optional.of(playwright.chromium().launch(options));
        } catch (PlaywrightException e) { // such as when a library is missing
            System.out.println(executable.map(Path::toString).orElse("Playwright's Chromium") + " does not start: "
                    + e.getMessage().lines().findFirst().orElse(""));
            return Optional.empty();
        }
    }

    /** Downloads Playwright's own Chromium, unless it is there. Returns whether that worked. */
    private static boolean download(Path logs) {
        Map<String, String> env = new HashMap<>(Reaper.mark());
        env.put("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", "10000"); // ms; it tries several times
        return Installation.run("playwright install chromium", logs, LONGEST_DOWNLOAD, env,
                ProcessHandle.current().info().command().orElseThrow(), "-Dplaywright.driver.tmpdir="
                        + Reaper.temporary(), "-classpath", System.getProperty("java.class.path"),
                "com.microsoft.playwright.CLI", "install", "--only-shell", "chromium");
    }

    /**
     * Opens an address in a new tab, with no cookies and nothing cached, once no other tab is open.
     *
     * @param screenshot the file for a picture (PNG) of the page when the tab is closed
     */
    public Tab open(URI address, Path screenshot) {
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

    /** A page, with its requests and errors. */
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

        /** The requests to any other host or port than the one that the tab was opened at. */
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
