package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page.EmulateMediaOptions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import lab.Lab;
import lab.fixtures.Browser.Tab;
import lab.fixtures.Browser;
import lab.fixtures.LabExtension;
import lab.fixtures.Needs;
import lab.fixtures.Tool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import report.Page;
import report.Proven;
import story.Stage.Played;
import story.Verdict;

/** The page of {@code make prove}, in a browser: it shows what it should, on a phone and in the dark, too. */
@Needs(Tool.BROWSER)
@ExtendWith(LabExtension.class)
class PageProof {
    /** Text that has too little contrast with what is behind it, as "ratio: text". */
    private static final String PALE = """
            () => {
                const light = colour => {
                    const part = colour.match(/[\\d.]+/g).slice(0, 3).map(c => c / 255)
                        .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
                };
                const behind = node => {
                    for (; node; node = node.parentElement) {
                        const colour = getComputedStyle(node).backgroundColor;
                        if (colour !== "transparent" && !colour.endsWith(", 0)")) return colour;
                    }
                    return "rgb(255, 255, 255)";
                };
                const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                while (texts.nextNode()) {
                    const text = texts.currentNode, node = text.parentElement;
                    if (!text.data.trim() || !node.checkVisibility()) continue;
                    const style = getComputedStyle(node);
                    const [a, b] = [light(node.closest("svg") ? style.fill : style.color), light(behind(node))];
                    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                    if (ratio < 4.5) found.push(ratio.toFixed(2) + ": " + text.data);
                }
                return found;
            }""";

    /** What is wider than the window. */
    private static final String TOO_WIDE = """
            () => [...document.body.querySelectorAll("*")].filter(node => node.checkVisibility()
                && !node.closest("thead") && (node.getBoundingClientRect().right > innerWidth + 0.5
                    || node.getBoundingClientRect().left < -0.5))
                .map(node => node.tagName + " " + node.textContent.slice(0, 60))""";

    @Test
    void itShowsEachGuaranteeWithBothTimelines(Lab lab, Browser browser) throws Exception {
        try (Tab tab = open(lab, browser)) {
            assertThat(tab.page().locator("h1").innerText().lines()).containsExactly(
                    "2 of 3 held as built.", "1 of 3 failed as expected once switched off.");
            assertThat(tab.page().locator("table").first().getByRole(AriaRole.ROW).all()).hasSize(4);
            assertThat(tab.page().locator(".chip").allInnerTexts().subList(0, 6)).containsExactly(
                    "held", "not as expected", "held", "failed as expected", "inconclusive", "inconclusive");
            for (int number : List.of(4, 5, 6)) {
                Locator guarantee = tab.page().locator("#g" + number);
                assertThat(guarantee.locator("h2").innerText()).contains("Is " + Pictured.HOSTILE + " done once?");
                assertThat(guarantee.innerText()).contains("make prove PROOF=" + number, "--dedup none", "TWICE");
                List<Locator> timelines = guarantee.getByRole(AriaRole.IMG).all();
                assertThat(timelines).hasSize(2).allSatisfy(timeline -> {
                    assertThat(timeline.getAttribute("aria-label")).contains("consumer-1 frozen at handled at ");
                    assertThat(timeline.textContent()).contains("api", "partition 0", "partition 1", "consumer-1",
                            "kill -9", "thawed");
                    assertThat(timeline.boundingBox().height).isGreaterThan(150);
                });
                assertThat(timelines).extracting(timeline -> timeline.boundingBox().width).as("one time axis")
                        .containsOnly(timelines.getFirst().boundingBox().width);
                assertThat(axis(timelines.getFirst())).isNotEmpty().isEqualTo(axis(timelines.getLast()));
                guarantee.locator("summary").first().click();
                assertThat(guarantee.innerText()).contains(
                        "6 attempts: 4 accepted, 1 refused, 1 unknown; 4 records; 2 outcomes; 1 dead letter.");
            }
            for (Locator link : tab.page().locator("details a").all()) {
                assertThat(lab.folder().resolve(link.getAttribute("href"))).exists();
            }
        }
    }

    @Test
    void anAnomalyOpensByClickDownToItsRecords(Lab lab, Browser browser) throws Exception {
        try (Tab tab = open(lab, browser)) {
            Locator panel = tab.page().locator("#g4-broken .panel");
            Locator mark = tab.page().locator("#g4-broken .flags button:has-text('TWICE')");
            assertThat(panel.isVisible()).isFalse();
            mark.click();
            assertThat(panel.isVisible()).isTrue();
            assertThat(mark.getAttribute("aria-expanded")).isEqualTo("true");
            assertThat(panel.innerText()).contains("has 2 outcomes: at order-outcomes-0@0, order-outcomes-0@2.",
                    "order-events-0@1", "customer123, 1", Pictured.HOSTILE);
            assertThat(tab.page().locator("#g4-broken .ring").all()).as("they are marked in the timeline").hasSize(2);
            mark.click();
            assertThat(panel.isVisible()).isFalse();

            tab.page().locator("#g4-broken path.gone.wrong").click();
            assertThat(panel.innerText()).as("a mark in the timeline").contains("order-6 (lost) was accepted");
            panel.getByText("Close").click();
            assertThat(panel.isVisible()).isFalse();
        }
    }

    @Test
    void anAnomalyOpensByKeyboard(Lab lab, Browser browser) throws Exception {
        try (Tab tab = open(lab, browser)) {
            Locator panel = tab.page().locator("#g4-broken .panel");
            for (int i = 0; i < 60 && !focused(tab).startsWith("1 TWICE"); i++) {
                tab.page().keyboard().press("Tab");
            }
            for (String key : List.of("Enter", "Space")) {
                tab.page().keyboard().press(key);
                assertThat(panel.innerText()).as(key).contains("has 2 outcomes");
                tab.page().keyboard().press("Escape");
                assertThat(panel.isVisible()).isFalse();
                assertThat(focused(tab)).startsWith("1 TWICE");
            }
            tab.page().keyboard().press("Enter");
            resize(tab, 500); // it is drawn again
            assertThat(focused(tab)).startsWith("1 TWICE");
            assertThat(panel.isVisible()).isTrue();
        }
    }

    @Test
    void itNeedsNothingElse(Lab lab, Browser browser) throws Exception {
        try (Tab tab = open(lab, browser)) {
            tab.page().locator("#g4-broken .flags button").first().click();
            assertThat(tab.page().evaluate("performance.getEntriesByType('resource').length")).isEqualTo(0);
            assertThat(tab.elsewhere()).isEmpty();
            assertThat(tab.complaints()).isEmpty();
        }
    }

    @Test
    void hostileTextStaysText(Lab lab, Browser browser) throws Exception {
        try (Tab tab = open(lab, browser)) {
            tab.page().locator("#g4-broken .flags button").first().click();
            assertThat(tab.page().locator("img").all()).isEmpty();
            assertThat(tab.page().locator("script").all()).hasSize(2);
            assertThat(tab.page().evaluate("typeof window.hit")).isEqualTo("undefined");
            assertThat(tab.complaints()).isEmpty();
        }
    }

    @Test
    void itFitsAPhone(Lab lab, Browser browser) throws Exception {
        try (Tab tab = open(lab, browser)) {
            resize(tab, 360);
            for (Locator button : tab.page().locator(".flags button").all()) {
                button.click();
                assertThat(button.boundingBox().height).as("a finger hits it").isGreaterThanOrEqualTo(32);
            }
            tab.page().locator("summary").all().forEach(Locator::click);
            assertThat((List<?>) tab.page().evaluate(TOO_WIDE)).isEmpty();
            assertThat(tab.page().evaluate("document.documentElement.scrollWidth")).isEqualTo(360);
            tab.page().evaluate("document.querySelector('h2').style.width = '400px'");
            assertThat((List<?>) tab.page().evaluate(TOO_WIDE)).as("otherwise this proves nothing").isNotEmpty();
        }
    }

    @Test
    void allTextHasContrastInTheLightAndInTheDark(Lab lab, Browser browser) throws Exception {
        try (Tab tab = open(lab, browser)) {
            tab.page().locator("#g4-broken .flags button").first().click();
            tab.page().locator("summary").all().forEach(Locator::click);
            String light = background(tab);
            assertThat((List<?>) tab.page().evaluate(PALE)).isEmpty();
            tab.page().emulateMedia(new EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
            assertThat(background(tab)).isNotEqualTo(light);
            assertThat((List<?>) tab.page().evaluate(PALE)).isEmpty();
            tab.page().evaluate("document.documentElement.style.setProperty('--soft', '#505866')");
            assertThat((List<?>) tab.page().evaluate(PALE)).as("otherwise this proves nothing").isNotEmpty();
        }
    }

    /** Its topics were not read, so that there is nothing to draw. */
    @Test
    void aStoryThatWasCutShortSaysWhy(Lab lab, Browser browser) throws Exception {
        Path folder = Files.createDirectories(lab.folder());
        Proven whole = Pictured.proven(4, folder, Pictured.sound(), Pictured.broken(), "it was frozen");
        Verdict none = new Verdict("", List.of(), Set.of(), "no port is <free>\n--- logs");
        Page.write(folder, 3, List.of(whole, new Proven(5, folder.resolve("5"),
                new Played(whole.played().guarantee(), none, none, whole.played().took()))));
        try (Tab tab = browser.open(folder.resolve("index.html").toUri(), folder.resolve("page.png"))) {
            assertThat(tab.page().locator("h1").innerText())
                    .contains("1 of 2 held", "Ended early: 2 of 3 were played.");
            assertThat(tab.page().locator("#g5").innerText()).contains("This proves nothing: no port is <free>");
            assertThat(tab.page().locator("#g5 .chip").allInnerTexts()).containsOnly("inconclusive");
            assertThat(tab.page().locator("#g4").getByRole(AriaRole.IMG).all()).hasSize(2);
            assertThat(tab.complaints()).isEmpty();
        }
    }

    @Test
    void hundredsOfRecordsAreFewMarks(Lab lab, Browser browser) throws Exception {
        Path folder = Files.createDirectories(lab.folder());
        Path page = Page.write(folder, 1, List.of(
                Pictured.proven(4, folder, Pictured.large(600), Pictured.broken(), "it was frozen")));
        try (Tab tab = browser.open(page.toUri(), folder.resolve("page.png"))) {
            assertThat(tab.page().locator("#g4-as-built svg :is(circle, rect, path, line)").count())
                    .isBetween(20, 150);
            assertThat(tab.page().locator("#g4-as-built svg").textContent())
                    .contains("600 records, offsets 2 to 601: processed", "600 outcomes of offsets 2 to 601");
        }
    }

    private static Tab open(Lab lab, Browser browser) throws IOException {
        Path folder = Files.createDirectories(lab.folder());
        Path page = Page.write(folder, 3, List.of(
                Pictured.proven(4, folder, Pictured.sound(), Pictured.broken(), "it was frozen"),
                Pictured.proven(5, folder, Pictured.sound(), Pictured.doneTwice(), "it was frozen"),
                Pictured.proven(6, folder, Pictured.sound(), Pictured.sound())));
        return browser.open(page.toUri(), folder.resolve("page.png"));
    }

    private static void resize(Tab tab, int width) {
        tab.page().setViewportSize(width, 740);
        tab.page().waitForFunction("() => document.querySelector('svg[role=img]').getAttribute('width') < innerWidth");
    }

    private static List<String> axis(Locator timeline) {
        return timeline.locator("g").first().locator("text").all().stream()
                .map(tick -> tick.textContent() + " at " + tick.getAttribute("x")).toList();
    }

    private static String focused(Tab tab) {
        return (String) tab.page().evaluate("document.activeElement.getAttribute('aria-label') || ''");
    }

    private static String background(Tab tab) {
        return (String) tab.page().evaluate("getComputedStyle(document.body).backgroundColor");
    }
}
