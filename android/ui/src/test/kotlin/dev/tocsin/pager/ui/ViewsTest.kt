package dev.tocsin.pager.ui

import androidx.compose.runtime.Composable
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.assertTextContains
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.junit4.v2.createComposeRule
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performSemanticsAction
import androidx.compose.ui.test.performTextInput
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Code
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith

@RunWith(AndroidJUnit4::class)
class ViewsTest {
    @get:Rule(order = 0)
    val seoul = InSeoul()

    @get:Rule(order = 1)
    val compose = createComposeRule()
    private val samples = Samples()

    @Test
    fun `readiness has a button for what a setting mends, and none for the rest`() {
        val fixable = setOf(Code.TOTAL_SILENCE, Code.BATTERY_EXEMPTION_MISSING)
        val wanted =
            compose.show {
                ReadinessView(
                    samples.amber,
                    DrillState.Idle,
                    fixable,
                    samples.makerHint,
                    samples.now,
                    it,
                )
            }
        compose.onNodeWithText("This phone would not wake you.").assertIsDisplayed()
        fixable.forEach { compose.onNodeWithTag(Tags.fix(it)).performScrollTo().performClick() }
        compose.onNodeWithTag(Tags.fix(Code.DRILL_SLOW)).assertDoesNotExist()
        compose.onNodeWithText("Show me where").performScrollTo().performClick()
        assertEquals(fixable.map { Intent.Fix(it) } + Intent.FixMaker, wanted)
    }

    @Test
    fun `a drill is ordered silent or audible, and not twice`() {
        val wanted =
            compose.show { ReadinessView(samples.amber, DrillState.Idle, emptySet(), null, samples.now, it) }
        compose.onNodeWithTag(Tags.DRILL_SILENT).performScrollTo().performClick()
        compose.onNodeWithTag(Tags.DRILL_AUDIBLE).performScrollTo().performClick()
        assertEquals(listOf<Intent>(Intent.OrderDrill(false), Intent.OrderDrill(true)), wanted)
        compose.onNodeWithText("It took 14.2 s.", substring = true).assertExists()
    }

    @Test
    fun `while a drill is on its way there is no second one`() {
        compose.show { ReadinessView(samples.amber, DrillState.Ordered, emptySet(), null, samples.now, it) }
        compose.onNodeWithTag(Tags.DRILL_AUDIBLE).assertIsNotEnabled()
        compose.onNodeWithTag(Tags.DRILL_SILENT).assertIsNotEnabled()
    }

    @Test
    fun `who is on call is told with until when, who is next, and whose phone has not proved itself`() {
        compose.show { OnCallScreenView(samples.onCall, null, samples.now, it) }
        compose.onNodeWithText("Park Jun (you)").assertIsDisplayed()
        compose
            .onNodeWithText(
                "until 9:13 AM",
                substring = true,
            ).assertTextContains("then Kim Minji", substring = true)
        compose.onNodeWithText("It is the turn of Choi Haneul", substring = true).assertExists()
        compose.onNodeWithText("Choi Haneul learns, with Park Jun").assertExists()
    }

    @Test
    fun `when the server does not answer, what it said before stays and one can ask again`() {
        val wanted = compose.show { OnCallScreenView(samples.onCall, samples.failure, samples.now, it) }
        compose.onNodeWithText("Try again").performClick()
        compose.onNodeWithText("Park Jun (you)").assertExists()
        assertEquals(listOf<Intent>(Intent.Refresh), wanted)
    }

    @Test
    fun `the main screen warns of a lost connection, of waiting taps and of a phone that might not wake`() {
        val wanted = compose.show { give -> MainScaffold(Tab.PAGES, samples.busy, samples.now, give) {} }
        compose.onNodeWithTag(Tags.OFFLINE).assertTextContains("No connection since 2:11", substring = true)
        compose.onNodeWithTag(Tags.NOT_SENT).assertTextContains("1 tap waits to be sent")
        compose.onNode(hasContentDescription("1 page rings"), useUnmergedTree = true).assertExists()
        compose.onNode(hasContentDescription("look at this"), useUnmergedTree = true).assertExists()
        compose.onNodeWithTag(Tags.tab(Tab.READINESS)).performClick()
        assertEquals(listOf<Intent>(Intent.Show(Tab.READINESS)), wanted)
    }

    @Test
    fun `the first tab leads to pages and notices`() {
        val wanted = compose.show { PagesView(samples.busy, samples.now, it) }
        compose.onNodeWithTag(Tags.ticket(4712)).performScrollTo().performClick()
        compose.onNodeWithText("checked in 12 s before", substring = true).performScrollTo().performClick()
        compose.onNodeWithContentDescription("Dismiss").performScrollTo().performClick()
        assertEquals(listOf(Intent.ShowPage(4712), Intent.OpenTicket(4698), Intent.DismissNotice(7)), wanted)
    }

    @Test
    fun `a ticket in the list opens`() {
        val wanted = compose.show { TicketsScreen(samples.busy, samples.now, it) }
        compose.onNodeWithTag(Tags.ticket(4698)).performClick()
        assertEquals(listOf<Intent>(Intent.OpenTicket(4698)), wanted)
    }

    @Test
    fun `each setting tells what was chosen`() {
        val wanted = compose.show { Settings(it) }
        compose
            .onNodeWithContentDescription(
                "At least this loud",
            ).performSemanticsAction(SemanticsActions.SetProgress) {
                it(70f)
            }
        compose.onNodeWithText("Vibrate with the siren").performClick()
        compose.onNodeWithText("Flash the torch with the siren").performClick()
        compose.onNodeWithText("Always").performScrollTo().performClick()
        compose.onNodeWithText("Language: as the system").performScrollTo().performClick()
        compose.onNodeWithText("Share the log for support").performScrollTo().performClick()
        assertEquals(
            listOf(
                Intent.SetVolumeFloor(70),
                Intent.SetVibrate(false),
                Intent.SetTorch(true),
                Intent.SetLive(LiveChoice.ALWAYS),
                Intent.OpenLanguage,
                Intent.ShareLog,
            ),
            wanted,
        )
    }

    @Test
    fun `a phone is forgotten only after a second word`() {
        val wanted = compose.show { Settings(it) }
        compose.onNodeWithTag(Tags.FORGET).performScrollTo().performClick()
        compose.onNodeWithTag(Tags.CANCEL).performClick()
        assertEquals(emptyList<Intent>(), wanted)
        compose.onNodeWithTag(Tags.FORGET).performScrollTo().performClick()
        compose.onNodeWithTag(Tags.CONFIRM).performClick()
        assertEquals(listOf<Intent>(Intent.Forget), wanted)
    }

    @Test
    fun `a phone becomes a pager by a scanned or a typed code`() {
        val wanted = compose.show { EnrolView(EnrolState.Failed(samples.failure), it) }
        compose.onNodeWithText(samples.failure).assertIsDisplayed()
        compose.onNodeWithTag(Tags.SCAN).performClick()
        compose.onNodeWithText("Type it instead").performClick()
        assertEquals(listOf(Intent.Scan, Intent.TypeCode), wanted)
    }

    @Test
    fun `what was typed is given as it is, for the core to judge`() {
        val wanted = compose.show { EnrolView(EnrolState.Typing, it) }
        compose.onNodeWithTag(Tags.SERVER).performTextInput("pager.example.org")
        compose.onNodeWithTag(Tags.CODE).performTextInput("7KQ2M-9XWTA")
        compose.onNodeWithTag(Tags.ENROLL).performScrollTo().performClick()
        assertEquals(listOf<Intent>(Intent.Enroll("pager.example.org", "7KQ2M-9XWTA")), wanted)
    }

    @Test
    fun `an unencrypted address is used only knowingly`() {
        val wanted = compose.show { EnrolView(EnrolState.ConfirmingPlainHttp("http://192.168.1.4:8080"), it) }
        compose
            .onNodeWithText(
                "http://192.168.1.4:8080 is not encrypted",
                substring = true,
            ).assertIsDisplayed()
        compose.onNodeWithTag(Tags.CANCEL).performScrollTo().performClick()
        compose.onNodeWithTag(Tags.CONFIRM).performScrollTo().performClick()
        assertEquals(listOf(Intent.Back, Intent.AllowPlainHttp), wanted)
    }

    @Composable
    private fun Settings(give: (Intent) -> Unit) =
        SettingsView(
            Owner("Park Jun", "https://pager.example.org"),
            Options(LiveChoice.WHEN_NEEDED, volumeFloor = 80, vibrate = true, torch = false),
            give,
        )
}
