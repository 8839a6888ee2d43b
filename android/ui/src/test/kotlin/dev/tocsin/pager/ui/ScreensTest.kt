package dev.tocsin.pager.ui

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createComposeRule
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onRoot
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performScrollToNode
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Code
import dev.tocsin.pager.checks.ENGLISH_PHONE
import dev.tocsin.pager.checks.KOREAN_PHONE
import dev.tocsin.pager.checks.assertLooksAsDocumented
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/**
 * Every screen as somebody sees it, against its picture in docs/screens, and as TalkBack and a thumb find it:
 * every button has a name and is large enough.
 */
abstract class ScreensTest(
    private val language: String,
    private val dark: Boolean,
) {
    @get:Rule(order = 0)
    val seoul = InSeoul()

    @get:Rule(order = 1)
    val compose = createComposeRule()
    private val samples = Samples(korean = language == "ko")
    private val now = samples.now

    @Test
    fun `a page`() =
        page("page") { PageScreen(samples.ringing(samples.page), samples.ringingTicket, now, it) }

    @Test
    fun `several pages`() =
        page("page-several") {
            PageScreen(samples.ringing(*samples.several.toTypedArray()), samples.ringingTicket, now, it)
        }

    @Test
    fun `a manager's page`() =
        page("page-manager") { PageScreen(samples.ringing(samples.managers), samples.ringingTicket, now, it) }

    @Test
    fun `a check-in that waits to be sent`() =
        page("page-not-sent") { PageScreen(samples.notSent, samples.ticket, now, it) }

    @Test
    fun `the pager's own alarm`() = page("page-alarm") { PageScreen(samples.lost, null, now, it) }

    @Test
    fun `a drill`() = page("page-drill") { PageScreen(samples.drill, null, now, it) }

    @Test
    fun `a page in twice as large type`() {
        RuntimeEnvironment.setFontScale(2f)
        page("page-large") { PageScreen(samples.ringing(samples.page), samples.ringingTicket, now, it) }
        compose.onNodeWithTag(Tags.CHECK_IN).assertIsDisplayed()
        compose.onNodeWithTag(Tags.CANNOT).assertIsDisplayed()
        compose.onNodeWithTag(Tags.LIMIT).performScrollTo().assertIsDisplayed()
    }

    @Test
    fun `several pages in twice as large type`() {
        RuntimeEnvironment.setFontScale(2f)
        page("page-several-large") {
            PageScreen(samples.ringing(*samples.several.toTypedArray()), samples.ringingTicket, now, it)
        }
        listOf(Tags.CHECK_IN_ALL, Tags.CHECK_IN, Tags.CANNOT).forEach {
            compose.onNodeWithTag(it).assertIsDisplayed()
        }
        compose.onNodeWithTag(Tags.ticket(4713)).performScrollTo().assertIsDisplayed()
    }

    @Test
    fun `the first tab`() = tab("pages", Tab.PAGES) { PagesView(samples.busy, now, it) }

    @Test
    fun `the tickets`() = tab("tickets", Tab.TICKETS) { TicketsScreen(samples.busy, now, it) }

    @Test
    fun `who is on call`() = tab("on-call", Tab.ON_CALL) { OnCallScreenView(samples.onCall, null, now, it) }

    @Test
    fun `readiness`() = tab("readiness", Tab.READINESS) { Readiness(it) }

    @Test
    fun `settings`() =
        tab("settings", Tab.SETTINGS) {
            SettingsView(
                Owner(samples.calm.me.name, "https://pager.example.org"),
                Options(LiveChoice.WHEN_NEEDED, 80, vibrate = true, torch = false),
                it,
            )
        }

    @Test
    fun `the main screen in twice as large type`() {
        RuntimeEnvironment.setFontScale(2f)
        tab("readiness-large", Tab.READINESS) { Readiness(it) }
    }

    @Test
    fun `a ticket`() = screen("ticket") { TicketDetailScreen(samples.ticket, 0, now, it) }

    @Test
    fun `a ticket in twice as large type`() {
        RuntimeEnvironment.setFontScale(2f)
        screen("ticket-large") { TicketDetailScreen(samples.ringingTicket, 0, now, it) }
    }

    @Test
    fun `a ticket's timeline`() {
        show { TicketDetailScreen(samples.ringingTicket, 0, now, it) }
        compose.onNodeWithTag(Tags.LIST).performScrollToNode(
            hasText(
                samples.ticket.timeline
                    .last()
                    .text,
            ),
        )
        check("ticket-timeline", Touch.value)
    }

    @Test
    fun `enrolment`() = screen("enrol") { EnrolView(EnrolState.Idle, it) }

    @Test
    fun `scanning`() =
        screen("enrol-scan") {
            EnrolView(EnrolState.Scanning, it) { Box(Modifier.fillMaxSize().background(Color.Gray)) }
        }

    @Test
    fun `typing a code`() = screen("enrol-type") { EnrolView(EnrolState.Typing, it) }

    @Test
    fun `an address that is not encrypted`() =
        screen(
            "enrol-plain-http",
        ) { EnrolView(EnrolState.ConfirmingPlainHttp("http://192.168.1.4:8080"), it) }

    @Composable
    private fun Readiness(give: (Intent) -> Unit) =
        ReadinessView(
            samples.amber,
            DrillState.Idle,
            setOf(Code.TOTAL_SILENCE, Code.BATTERY_EXEMPTION_MISSING),
            samples.makerHint,
            now,
            give,
        )

    private fun show(content: @Composable ((Intent) -> Unit) -> Unit) =
        compose.show { give -> TocsinTheme(dark) { content(give) } }

    private fun page(
        name: String,
        content: @Composable ((Intent) -> Unit) -> Unit,
    ) {
        show(content)
        check(name, PAGE_TOUCH)
    }

    private fun screen(
        name: String,
        content: @Composable ((Intent) -> Unit) -> Unit,
    ) {
        show(content)
        check(name, Touch.value)
    }

    private fun tab(
        name: String,
        tab: Tab,
        content: @Composable ((Intent) -> Unit) -> Unit,
    ) = screen(name) { give -> MainScaffold(tab, samples.busy, now, give) { content(give) } }

    private fun check(
        name: String,
        touch: Float,
    ) {
        assertButtons(touch)
        compose.onRoot().assertLooksAsDocumented("$name-$language")
    }

    private fun assertButtons(touch: Float) {
        val buttons = compose.buttons()
        assertTrue("there is something to tap", buttons.isNotEmpty())
        buttons.forEach { button ->
            assertTrue("${button.config} has a name", button.spoken.isNotBlank())
            // What is half scrolled out of sight is as large as it was laid out.
            val height = maxOf(button.size.height.toFloat(), button.touchBoundsInRoot.height)
            assertTrue("“${button.spoken}” is large enough", height >= touch * compose.density.density - 1)
        }
    }

    private companion object {
        /** What a half-asleep thumb needs, in dp. */
        const val PAGE_TOUCH = 56f
    }
}

@RunWith(AndroidJUnit4::class)
@Config(qualifiers = ENGLISH_PHONE)
class EnglishScreensTest : ScreensTest("en", dark = false)

@RunWith(AndroidJUnit4::class)
@Config(qualifiers = KOREAN_PHONE)
class KoreanScreensTest : ScreensTest("ko", dark = true)
