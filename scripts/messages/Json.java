package messages;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** JSON as the contracts define it: snake_case, exact money, and only one way to read a text. */
public final class Json {
    /** Strict where JSON is loose: no duplicate names, nothing after the value, bounded depth and numbers. */
    public static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(32)
                            .maxNumberLength(100)
                            .build())
                    .recyclerPool(JsonRecyclerPools.sharedConcurrentDequePool()) // not one for each virtual thread
                    .build())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES) // 59.90 stays 59.90
            .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
            .build();

    /** Without checks, for what this project wrote itself, and reads by the million. */
    public static final JsonFactory TRUSTED = new JsonFactory();

    private static final char REPLACEMENT = '\ufffd';

    private Json() {
    }

    /**
     * Reads one value in UTF-8 (RFC 8259, 8.1); no bytes give a missing node. (Jackson alone would guess other
     * encodings, and accept bytes that are not UTF-8.)
     *
     * @throws JsonProcessingException if it is not JSON, or exceeds the limits
     */
    public static JsonNode read(byte[] json) throws JsonProcessingException {
        try {
            String text = new String(json, StandardCharsets.UTF_8); // many times faster than a decoder
            if (text.indexOf(REPLACEMENT) >= 0) {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)); // throws if the bytes are not UTF-8
            }
            return MAPPER.readTree(text.startsWith("\ufeff") ? text.substring(1) : text); // a byte order mark
        } catch (CharacterCodingException e) {
            throw new JsonParseException(null, "it is not in UTF-8", e);
        } catch (NumberFormatException e) { // an exponent with too many digits
            throw new JsonParseException(null, e.getMessage(), e);
        }
    }

    /** Writes a value of this project's own, which cannot fail. */
    public static byte[] bytes(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
