package lab;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** A {@code KafkaProxy.java} in front of a broker, with its commands and what it prints. */
public final class Proxy {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Running process;
    private final String bootstrap;
    private final URI control;

    private Proxy(Running process) {
        this.process = process;
        bootstrap = Broker.address(process);
        control = URI.create(process.awaitOut("takes commands", Pattern.compile("Commands: (\\S+)\\n"), START));
    }

    /** Starts one on a free port in front of the broker of an experiment. */
    public static Proxy before(Lab lab, String... options) {
        return start(lab, "0", lab.broker().bootstrap(), options);
    }

    /** The same on a given port, in front of any broker. */
    public static Proxy start(Lab lab, String port, String broker, String... options) {
        return quiet(lab, port, broker, Lab.with(options, "--trace"));
    }

    /** The same without a trace, which would be long after an hour. */
    public static Proxy quiet(Lab lab, String port, String broker, String... options) {
        return new Proxy(lab.start("KafkaProxy", Lab.with(options, "--port", port, "--bootstrap-server", broker,
                "--control-port", "0")));
    }

    public String bootstrap() {
        return bootstrap;
    }

    public Running process() {
        return process;
    }

    public URI control() {
        return control;
    }

    /** Gives it commands, and returns its state after them. */
    public String command(String... lines) {
        HttpResponse<String> answer = post(String.join("\n", lines));
        if (answer.statusCode() != 200) {
            throw new IllegalArgumentException(answer.body());
        }
        return answer.body();
    }

    /** The answer to a POST, with headers as name, value, name, value. */
    public HttpResponse<String> post(String body, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(control).POST(HttpRequest.BodyPublishers.ofString(body)).timeout(PATIENCE);
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        try {
            return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until it has printed a line that begins like this. */
    public void awaitLine(String beginning) {
        await("the proxy prints: " + beginning).atMost(PATIENCE).pollInterval(Duration.ofMillis(20))
                .until(() -> !lines(beginning).isEmpty());
    }

    /** The lines that begin like this. */
    public List<String> lines(String beginning) {
        return process.out().lines().filter(line -> line.startsWith(beginning)).toList();
    }

    /** The requests of a kind that came so far, as its trace has them. */
    public List<String> requests(String kind) {
        return lines(kind + "#");
    }
}
