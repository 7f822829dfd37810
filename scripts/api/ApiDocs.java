package api;

import com.sun.net.httpserver.HttpExchange;
import http.HttpProblem;
import http.HttpRoutes.Answer;
import http.ProblemType;
import http.StaticFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import orders.Order;

/** The contract in OpenAPI 3.1, and Swagger UI, from its webjar, to read it and try it out. */
public final class ApiDocs {
    private static final String POM = "/META-INF/maven/org.webjars/swagger-ui/pom.properties";
    private static final String WEBJAR = "/META-INF/resources/webjars/swagger-ui/" + version() + "/";
    private static final Map<String, String> ASSETS = Map.of(
            "swagger-ui.css", "text/css",
            "swagger-ui-bundle.js", "text/javascript",
            "favicon-32x32.png", "image/png");
    private static final String PAGE = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta http-equiv="Content-Security-Policy" content="default-src 'self'; img-src 'self' data:">
              <title>Kafka Order Lab: order API</title>
              <link rel="stylesheet" href="/docs/swagger-ui.css">
              <link rel="icon" href="/docs/favicon-32x32.png">
            </head>
            <body>
              <div id="swagger-ui"></div>
              <script src="/docs/swagger-ui-bundle.js"></script>
              <script src="/docs/start.js"></script>
            </body>
            </html>
            """;
    private static final String START = """
            SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", tryItOutEnabled: true, validatorUrl: null});
            """;

    private static final Map<String, StaticFile> FILES = new ConcurrentHashMap<>(); // read once

    private ApiDocs() {
    }

    public static Answer contract(HttpExchange exchange) {
        return FILES.computeIfAbsent("/openapi.json", name -> new StaticFile("application/json", read(name)))
                .answer(exchange);
    }

    public static Answer page() {
        return text("text/html", PAGE);
    }

    /** @throws HttpProblem if there is no such file */
    public static Answer file(HttpExchange exchange, String name) {
        if (name.isEmpty()) { // /docs/ is /docs
            return page();
        }
        if (name.equals("start.js")) {
            return text("text/javascript", START);
        }
        if (!ASSETS.containsKey(name)) {
            throw new HttpProblem(ProblemType.UNKNOWN_ADDRESS, "There is no such file.");
        }
        return FILES.computeIfAbsent(name, file -> new StaticFile(ASSETS.get(file), read(WEBJAR + file)))
                .answer(exchange);
    }

    private static Answer text(String type, String text) {
        return new Answer(200, type + "; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] read(String name) {
        try (InputStream in = ApiDocs.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not in the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(name + " cannot be read", e);
        }
    }

    /** The webjar says which version it is, so that only the script's header names it. */
    private static String version() {
        try (InputStream in = ApiDocs.class.getResourceAsStream(POM)) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new IllegalStateException("the webjar of Swagger UI does not say its version", e);
        }
    }
}
