package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import lab.Api;
import lab.Api.Answer;
import lab.Ended;
import lab.Lab;
import lab.fixtures.LabExtension;
import lab.fixtures.RawHttp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who may use the API: no page of another site, nobody under another name, and with a token only who has it. */
@ExtendWith(LabExtension.class)
class HttpAccessProof {
    private static final byte[] ORDER = Api.order("c").getBytes(StandardCharsets.UTF_8);

    @Test
    void noOtherSiteMayUseItAndNoOtherNameReachesIt(Lab lab) {
        Api api = lab.api("--allowed-host", "lab.example", "--cors-origin", "https://shop.example");
        int port = api.uri().getPort();
        Map<String, Integer> posts = Map.ofEntries(
                Map.entry("Host: localhost:" + port, 201),
                Map.entry("Host: 127.0.0.1:" + port, 201),
                Map.entry("Host: [::1]:" + port, 201),
                Map.entry("Host: LAB.example", 201),
                Map.entry("Host: evil.example:" + port, 421),
                Map.entry("Host: 192.0.2.1", 421),
                Map.entry("Host: localhost.evil.example", 421),
                Map.entry("Host: localhost\r\nOrigin: http://localhost", 201),
                Map.entry("Host: localhost\r\nOrigin: https://shop.example", 201),
                Map.entry("Host: localhost\r\nOrigin: https://shop.example.evil", 403),
                Map.entry("Host: localhost\r\nOrigin: http://localhost:1", 403),
                Map.entry("Host: localhost\r\nOrigin: null", 403),
                Map.entry("Host: localhost\r\nSec-Fetch-Site: cross-site", 403),
                Map.entry("Host: localhost\r\nSec-Fetch-Site: same-site", 403),
                Map.entry("Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate", 403),
                Map.entry("Host: localhost\r\nSec-Fetch-Site: same-origin", 201),
                Map.entry("Host: localhost\r\nSec-Fetch-Site: none", 201));
        posts.forEach((headers, status) -> assertThat(statuses(api, "POST /orders", headers
                + "\r\nContent-Type: application/json")).as(headers).containsExactly(status));
        assertThat(RawHttp.statuses(RawHttp.exchange(api.uri(), ("POST /orders HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Length: 2\r\nConnection: close\r\n\r\n{}").getBytes(StandardCharsets.UTF_8))))
                .as("without a media type").containsExactly(415);
        assertThat(statuses(api, "GET /docs", "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: "
                + "navigate")).as("a link from another site").containsExactly(200);
        assertThat(RawHttp.statuses(RawHttp.exchange(api.uri(), "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n"
                .getBytes(StandardCharsets.UTF_8)))).as("without a Host").containsExactly(400);

        String preflight = raw(api, "OPTIONS /orders", "Host: localhost\r\nOrigin: https://shop.example\r\n"
                + "Access-Control-Request-Method: POST");
        assertThat(preflight.toLowerCase()).contains("http/1.1 204",
                "access-control-allow-origin: https://shop.example",
                "access-control-allow-headers: content-type, idempotency-key");
        assertThat(raw(api, "OPTIONS /orders", "Host: localhost\r\nOrigin: https://evil.example").toLowerCase())
                .contains("http/1.1 403").doesNotContain("access-control-allow-origin");
        assertThat(raw(api, "GET /docs", "Host: localhost").toLowerCase()).contains("x-frame-options: deny");
        assertThat(lab.kafka().records(lab.events)).hasSize(
                (int) posts.values().stream().filter(status -> status == 201).count());
    }

    private static List<Integer> statuses(Api api, String line, String headers) {
        return RawHttp.statuses(raw(api, line, headers));
    }

    private static String raw(Api api, String line, String headers) {
        String body = line.startsWith("POST") ? new String(ORDER, StandardCharsets.UTF_8) : "";
        return RawHttp.exchange(api.uri(), RawHttp.request(line + " HTTP/1.1", body, headers, "Content-Length: "
                + body.length(), "Connection: close"));
    }

    @Test
    void withATokenOnlyWhoHasItPlacesAndReadsOrders(Lab lab) throws IOException {
        Path token = file(lab, "token", "0123456789abcdef\n");
        Api api = lab.api("--bearer-token-file", token.toString());
        Answer without = api.post(Api.order("c"));
        assertThat(without.status()).isEqualTo(401);
        assertThat(without.header("WWW-Authenticate")).isEqualTo("Bearer");
        assertThat(api.post(Api.order("c"), "Authorization", "Bearer 0123456789abcdeF").status()).isEqualTo(401);
        Answer placed = api.post(Api.order("c"), "Authorization", "bearer 0123456789abcdef");
        assertThat(placed.status()).isEqualTo(201);
        assertThat(api.get(placed.header("Location")).status()).isEqualTo(401);
        assertThat(api.get("/health").status()).isEqualTo(200);

        Path shortOne = file(lab, "short", "secret");
        Ended refused = lab.runInSeries("OrderApi", "--port", "0", "--bearer-token-file", shortOne.toString());
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("16 characters or more").doesNotContain("secret").hasLineCount(1);
    }

    @Test
    void itServesHttpsAndWarnsIfEverybodyMayComeIn(Lab lab) throws Exception {
        Path keys = lab.folder().resolve("keys.p12");
        Files.createDirectories(lab.folder());
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        assertThat(lab.command("keytool", Map.of(), keytool.toString(), "-genkeypair", "-alias", "api", "-keyalg", "EC",
                "-dname", "CN=localhost", "-ext", "san=ip:127.0.0.1", "-keystore", keys.toString(), "-storetype",
                "PKCS12", "-storepass", "changeit").awaitExit(Duration.ofSeconds(60))).isZero();
        Path password = file(lab, "password", "changeit");
        Api api = lab.api("--host", "0.0.0.0", "--tls-keystore", keys.toString(), "--tls-password-file",
                password.toString());
        assertThat(api.uri().getScheme()).isEqualTo("https");
        assertThat(api.process().err())
                .contains("UNSAFE: --host 0.0.0.0 lets everybody who can reach it place and read");
        assertThat(lab.command("curl", Map.of(), "curl", "-sS", "--cacert", certificate(lab, keytool, keys).toString(),
                "https://127.0.0.1:" + api.uri().getPort() + "/health").ended(Duration.ofSeconds(30)).out())
                .contains("\"status\":\"up\"");
    }

    private static Path certificate(Lab lab, Path keytool, Path keys) {
        Path file = lab.folder().resolve("api.pem");
        assertThat(lab.command("keytool", Map.of(), keytool.toString(), "-exportcert", "-rfc", "-alias", "api",
                "-keystore", keys.toString(), "-storepass", "changeit", "-file", file.toString())
                .awaitExit(Duration.ofSeconds(60))).isZero();
        return file;
    }

    private static Path file(Lab lab, String name, String text) throws IOException {
        return Files.writeString(Files.createDirectories(lab.folder()).resolve(name), text);
    }
}
