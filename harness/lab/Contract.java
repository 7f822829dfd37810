package lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.Error;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** An API's OpenAPI document, fetched from the API itself, to check its responses against. */
public final class Contract {
    private static final String META_SCHEMA = "https://json-schema.org/draft/2020-12/schema"; // the validator has it
    private static final String DOCUMENT = "urn:contract";
    private static final ObjectMapper EXACT = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final String text;
    private final JsonNode document;
    private final SchemaRegistry schemas;
    private final Set<String> met = new TreeSet<>();

    public Contract(Api api) {
        text = Kafka.text(api.fetch(api.request("/openapi.json")).body());
        document = json(text);
        schemas = SchemaRegistry.withDefaultDialect(Dialects.getOpenApi31(), registry -> registry
                .schemas(Map.of(DOCUMENT, text))
                .schemaRegistryConfig(SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));
    }

    public String text() {
        return text;
    }

    /** All responses that it lists, such as "POST /orders 201". */
    public Set<String> answers() {
        Set<String> answers = new TreeSet<>();
        document.path("paths").forEachEntry((path, operations) -> operations.forEachEntry((method, operation) ->
                operation.path("responses").forEachEntry((status, response) ->
                        answers.add(method.toUpperCase() + " " + path + " " + status))));
        return answers;
    }

    /** Those of them that {@link #send} has received. */
    public Set<String> met() {
        return met;
    }

    /** What is wrong with its schemas themselves. */
    public List<Error> wrongSchemas() {
        return Stream.concat(document.findValues("schema").stream(), document.at("/components/schemas").valueStream())
                .flatMap(schema -> wrong(META_SCHEMA, schema).stream()).toList();
    }

    /**
     * An example in the document.
     *
     * @param at where, as a JSON pointer: "/paths/~1orders/post/responses/422/content/application~1problem+json"
     */
    public record Example(String at, JsonNode value) {
    }

    public List<Example> examples() {
        return examples("/paths", document.path("paths")).toList();
    }

    private static Stream<Example> examples(String at, JsonNode node) {
        Stream<JsonNode> here = !node.has("schema") ? Stream.empty() : Stream.concat(
                node.path("examples").valueStream().map(one -> one.path("value")),
                node.has("example") ? Stream.of(node.path("example")) : Stream.empty());
        Stream<Example> below = node.isArray()
                ? IntStream.range(0, node.size()).boxed().flatMap(i -> examples(at + "/" + i, node.path(i)))
                : node.propertyStream().flatMap(p -> examples(at + "/" + escaped(p.getKey()), p.getValue()));
        return Stream.concat(here.map(value -> new Example(at, value)), below);
    }

    /** What is wrong with an example according to the schema beside it. */
    public List<Error> wrong(Example example) {
        return wrong(DOCUMENT + "#" + example.at() + "/schema", example.value());
    }

    /** What is wrong with a value according to one of its named schemas. */
    public List<Error> wrong(String schema, String json) {
        return wrong(DOCUMENT + "#/components/schemas/" + schema, json(json));
    }

    private List<Error> wrong(String schema, JsonNode json) {
        return schemas.getSchema(SchemaLocation.of(schema)).validate(json);
    }

    /** Sends a request, and asserts that the contract lists its response for the operation. */
    public HttpResponse<byte[]> send(Api api, String path, HttpRequest.Builder request) {
        HttpResponse<byte[]> response = api.fetch(request);
        String answer = response.request().method() + " " + path + " " + response.statusCode();
        assertThat(answers()).as(Kafka.text(response.body())).contains(answer);
        met.add(answer);
        String listed = "/paths/" + escaped(path) + "/" + response.request().method().toLowerCase() + "/responses/"
                + response.statusCode();
        String type = response.headers().firstValue("Content-Type").orElse("none").split(";")[0];
        assertThat(document.at(listed + "/content").has(type)).as(answer + " as " + type).isTrue();
        String schema = listed + "/content/" + escaped(type) + "/schema";
        if (!document.at(schema).isMissingNode()) {
            String body = Kafka.text(response.body());
            assertThat(wrong(DOCUMENT + "#" + schema, json(body))).as(answer + ": " + body).isEmpty();
        }
        document.at(listed + "/headers").forEachEntry((name, header) -> response.headers().firstValue(name)
                .ifPresentOrElse(
                        value -> assertThat(wrong(DOCUMENT + "#" + listed + "/headers/" + name + "/schema",
                                header.at("/schema/type").asText().equals("string")
                                        ? EXACT.getNodeFactory().textNode(value) : json(value)))
                                .as(answer + ": " + name + ": " + value).isEmpty(),
                        () -> assertThat(header.path("required").asBoolean()).as(answer + ": " + name).isFalse()));
        return response;
    }

    private static String escaped(String part) { // RFC 6901, within a URI's fragment
        return part.replace("~", "~0").replace("/", "~1");
    }

    private static JsonNode json(String json) {
        try {
            return EXACT.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
