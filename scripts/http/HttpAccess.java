package http;

import cli.ExitCode;
import cli.Failure;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Who may use the server. On loopback every program of this machine may, and with it every web page that its browser
 * has open, unless the server asks where a request comes from: a page of another site could place orders (CSRF), and
 * one whose name suddenly means 127.0.0.1 could read them, too (DNS rebinding).
 */
@Command(optionListHeading = "Access:%n")
public final class HttpAccess {
    private static final String BEARER = "Bearer ";
    private static final int SHORTEST_TOKEN = 16;

    @Option(names = "--allowed-host", paramLabel = "HOST", split = ",",
            description = "Another name under which the API may be reached, as behind a proxy; a request with any "
                    + "other Host is answered 421. May be repeated.")
    private List<String> allowedHosts = List.of();

    @Option(names = "--cors-origin", paramLabel = "ORIGIN", split = ",",
            description = "A site whose pages may use the API, such as https://shop.example; those of others are "
                    + "answered 403. May be repeated.")
    private List<String> corsOrigins = List.of();

    @Option(names = "--bearer-token-file", paramLabel = "FILE",
            description = "Ask for the token in this file: \"Authorization: Bearer TOKEN\" (RFC 6750).")
    private Path tokenFile;

    @Option(names = "--tls-keystore", paramLabel = "FILE",
            description = "Serve HTTPS, with the key in this PKCS12 file.")
    private Path keystore;

    @Option(names = "--tls-password-file", paramLabel = "FILE", description = "A file with the keystore's password.")
    private Path passwordFile;

    private byte[] token;
    private String host;

    /**
     * Reads the files, and warns if everybody may come in.
     *
     * @param host where the server listens
     * @throws Failure if a file cannot be read, or makes no sense
     */
    public void check(String host, Logger log) {
        this.host = host;
        token = tokenFile == null ? null : text(tokenFile).getBytes(StandardCharsets.UTF_8);
        if (token != null && token.length < SHORTEST_TOKEN) {
            throw new Failure(ExitCode.USAGE, "--bearer-token-file " + tokenFile + ": give a token of " + SHORTEST_TOKEN
                    + " characters or more, as from openssl rand -hex 16.");
        }
        if ((keystore == null) != (passwordFile == null)) {
            throw new Failure(ExitCode.USAGE, "Give --tls-keystore and --tls-password-file together.");
        }
        if (!isLoopback(host) && (token == null || keystore == null)) {
            log.warn("UNSAFE: --host {} lets everybody who can reach it {}", host, token == null
                    ? "place and read orders: use --bearer-token-file and --tls-keystore"
                    : "read the token and the orders on their way: use --tls-keystore");
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new Failure(ExitCode.USAGE, file + " cannot be read: give a readable file.", e);
        }
    }

    // --- where a request comes from -------------------------------------------------------------------------------

    /**
     * Refuses requests that another site's page makes, or that are for another host.
     *
     * @throws HttpProblem 400, 403 or 421
     */
    public void admit(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        String authority = headers.getFirst("Host");
        if (authority == null && !exchange.getProtocol().equals("HTTP/1.0")) {
            throw new HttpProblem(ProblemType.MALFORMED_REQUEST, "The request has no Host.");
        }
        if (authority != null && !isThisHost(name(authority))) {
            throw new HttpProblem(ProblemType.ANOTHER_HOST,
                    "This server is not that host; --allowed-host adds a name.");
        }
        String origin = headers.getFirst("Origin");
        if (origin != null && corsOrigins.contains(origin)) {
            allow(origin, exchange);
        } else if (origin != null && !origin.equalsIgnoreCase("http://" + authority)
                && !origin.equalsIgnoreCase("https://" + authority) || isOfAnotherSite(exchange)) {
            throw new HttpProblem(ProblemType.ANOTHER_SITE,
                    "A page of another site may not use this API; --cors-origin allows one.");
        }
    }

    /** By Fetch Metadata; to follow a link is allowed. */
    private static boolean isOfAnotherSite(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        boolean follows = "navigate".equals(headers.getFirst("Sec-Fetch-Mode"))
                && Set.of("GET", "HEAD").contains(exchange.getRequestMethod());
        return Set.of("cross-site", "same-site").contains(String.valueOf(headers.getFirst("Sec-Fetch-Site")))
                && !follows;
    }

    private static void allow(String origin, HttpExchange exchange) {
        Headers answer = exchange.getResponseHeaders();
        answer.set("Access-Control-Allow-Origin", origin);
        answer.set("Vary", "Origin");
        answer.set("Access-Control-Expose-Headers", "Location, Idempotent-Replayed, Retry-After, X-Request-Id");
        if (exchange.getRequestMethod().equals("OPTIONS")) {
            answer.set("Access-Control-Allow-Methods", "GET, POST");
            answer.set("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key, X-Idempotency-Key, "
                    + "Authorization, X-Request-Id, traceparent, tracestate");
        }
    }

    /** A browser cannot be made to take an address for another one, only a name. */
    private boolean isThisHost(String name) {
        boolean isAddress = name.contains(":") || name.matches("[0-9.]+");
        boolean anyAddress = Set.of("0.0.0.0", "::").contains(host);
        return isLoopback(name) || name.equalsIgnoreCase(host) || isAddress && anyAddress
                || allowedHosts.stream().anyMatch(name::equalsIgnoreCase);
    }

    private static boolean isLoopback(String name) {
        return name.equalsIgnoreCase("localhost") || name.equals("::1") || name.matches("127(\\.\\d+){3}");
    }

    /** Without the port, and without the brackets of an IPv6 address. */
    private static String name(String authority) {
        return authority.replaceFirst(":\\d*$", "").replaceAll("^\\[|]$", "").toLowerCase(Locale.ROOT);
    }

    // --- who sends it ---------------------------------------------------------------------------------------------

    /** A route that asks for the token, if there is one. */
    public HttpRoutes.Route withToken(HttpRoutes.Route route) {
        return (exchange, rest) -> {
            String given = exchange.getRequestHeaders().getFirst("Authorization");
            if (token != null && !(given != null && given.regionMatches(true, 0, BEARER, 0, BEARER.length())
                    && MessageDigest.isEqual(token, given.substring(BEARER.length()).strip()
                            .getBytes(StandardCharsets.UTF_8)))) {
                throw new HttpProblem(ProblemType.UNAUTHORIZED, "Send the token: Authorization: Bearer TOKEN.")
                        .with("WWW-Authenticate", "Bearer");
            }
            return route.answer(exchange, rest);
        };
    }

    // --- over TLS -------------------------------------------------------------------------------------------------

    HttpServer server(InetSocketAddress address, int backlog) throws IOException {
        if (keystore == null) {
            return HttpServer.create(address, backlog);
        }
        HttpsServer server = HttpsServer.create(address, backlog);
        server.setHttpsConfigurator(new HttpsConfigurator(tls()));
        return server;
    }

    private SSLContext tls() {
        char[] password = text(passwordFile).toCharArray();
        try (InputStream file = Files.newInputStream(keystore)) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(file, password);
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new Failure(ExitCode.USAGE, "--tls-keystore " + keystore + " cannot be read (" + e.getMessage()
                    + "): give a PKCS12 file, and its password in --tls-password-file.", e);
        }
    }
}
