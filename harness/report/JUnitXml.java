package report;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import story.Verdict;
import story.Verdict.Result;

/**
 * The results of {@code make prove} in the form that CI servers read: two test cases for each guarantee. JUnit's own
 * reporting writes what JUnit runs; here nothing is a JUnit test.
 */
public final class JUnitXml {
    private JUnitXml() {
    }

    /** One of the two. */
    private record Case(Proven proven, String name, Verdict verdict, Result result) {
        /** What is wrong, one line each. */
        List<String> lines() {
            if (result == Result.INCONCLUSIVE) {
                return List.of("This run proves nothing: " + verdict.reason());
            }
            return verdict.anomalies().isEmpty()
                    ? List.of("Nothing was wrong, where " + proven.played().guarantee().anomaly() + " was expected.")
                    : verdict.anomalies().stream().map(each -> each.kind() + ": " + each.sentence()).toList();
        }
    }

    /** Writes {@code TEST-prove.xml} into the folder of a run. */
    public static void write(Path folder, List<Proven> proven) throws IOException {
        List<Case> cases = proven.stream().flatMap(one -> Stream.of(
                new Case(one, "as built", one.played().asBuilt(), one.played().asBuiltResult()),
                new Case(one, one.played().guarantee().off(), one.played().broken(), one.played().brokenResult())))
                .toList();
        try (Writer file = Files.newBufferedWriter(folder.resolve("TEST-prove.xml"))) {
            XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(file);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("testsuite");
            xml.writeAttribute("name", "prove");
            xml.writeAttribute("tests", String.valueOf(cases.size()));
            xml.writeAttribute("failures", count(cases, Result.NOT_AS_EXPECTED));
            xml.writeAttribute("errors", count(cases, Result.INCONCLUSIVE));
            xml.writeAttribute("skipped", "0");
            xml.writeAttribute("time", seconds(proven.stream().map(one -> one.played().took())
                    .reduce(Duration.ZERO, Duration::plus)));
            for (Case one : cases) {
                write(xml, one);
            }
            xml.writeEndElement();
            xml.writeEndDocument();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IOException(e);
        }
    }

    private static void write(XMLStreamWriter xml, Case one) throws XMLStreamException {
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", "prove." + one.proven.number());
        xml.writeAttribute("name", legal(one.proven.played().guarantee().question() + " (" + one.name + ")"));
        xml.writeAttribute("time", seconds(one.proven.played().took()));
        if (one.result != Result.AS_EXPECTED) {
            xml.writeStartElement(one.result == Result.INCONCLUSIVE ? "error" : "failure");
            xml.writeAttribute("message", legal(one.lines().getFirst()));
            xml.writeAttribute("type", one.result.name());
            xml.writeCharacters(legal(String.join("\n", one.lines())));
            xml.writeEndElement();
        }
        xml.writeStartElement("system-out");
        xml.writeCharacters(legal(one.verdict.toString()));
        xml.writeEndElement();
        xml.writeEndElement();
    }

    private static String count(List<Case> cases, Result result) {
        return String.valueOf(cases.stream().filter(one -> one.result == result).count());
    }

    private static String seconds(Duration duration) {
        return "%.3f".formatted(duration.toMillis() / 1000.0);
    }

    /** An id may have any character, XML may not: U+FFFD stands for the others. */
    private static String legal(String text) {
        return text.codePoints().map(c -> c == '\n' || c == '\t' || c >= ' ' && c <= 0xD7FF
                || c >= 0xE000 && c <= 0xFFFD || c > 0xFFFF ? c : 0xFFFD).mapToObj(Character::toString)
                .collect(Collectors.joining());
    }
}
