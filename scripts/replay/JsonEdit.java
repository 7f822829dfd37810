package replay;

import cli.Failure;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import messages.Json;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Puts a value into a record's JSON, at the place that a JSON pointer (RFC 6901) names. */
public record JsonEdit(JsonPointer place, JsonNode value) {

    /** @throws Failure if the record is not JSON, or has no such place */
    public byte[] applyTo(byte[] json) {
        try {
            JsonNode root = Json.read(json == null ? new byte[0] : json);
            JsonNode parent = root.at(place.head());
            String name = place.last().getMatchingProperty();
            int index = place.last().getMatchingIndex();
            if (parent instanceof ObjectNode object) {
                object.set(name, value);
            } else if (parent instanceof ArrayNode array && index >= 0 && index < array.size()) {
                array.set(index, value);
            } else {
                throw new Failure("its JSON has no place " + place);
            }
            return Json.bytes(root);
        } catch (JsonProcessingException e) {
            throw new Failure("it is not JSON (" + e.getOriginalMessage() + ")");
        } catch (UncheckedIOException e) { // a number such as 1e20000, which cannot be written in full
            throw new Failure("its JSON cannot be written again (" + e.getCause().getMessage() + ")");
        }
    }

    /** Reads POINTER=VALUE from the command line; a value that is not JSON is a text. */
    public static final class Converter implements ITypeConverter<JsonEdit> {
        @Override
        public JsonEdit convert(String text) {
            int equals = text.indexOf('=');
            if (!text.startsWith("/") || equals < 0) {
                throw new TypeConversionException("'" + text + "' is not an edit: give POINTER=VALUE, such as "
                        + "/customer_id=customer123");
            }
            return new JsonEdit(JsonPointer.compile(text.substring(0, equals)), value(text.substring(equals + 1)));
        }

        private static JsonNode value(String text) {
            try {
                JsonNode value = Json.read(text.getBytes(StandardCharsets.UTF_8));
                return value.isMissingNode() ? TextNode.valueOf(text) : value;
            } catch (JsonProcessingException e) {
                return TextNode.valueOf(text);
            }
        }
    }
}
