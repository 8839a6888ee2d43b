package dev.tocsin.pager.ui

import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.test.assertIsEnabled
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasAnyAncestor
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isDialog
import androidx.compose.ui.test.junit4.v2.createComposeRule
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performScrollToNode
import androidx.compose.ui.test.performSemanticsAction
import androidx.compose.ui.test.performTextInput
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Deed
import dev.tocsin.core.HelpTarget
import dev.tocsin.core.IncidentRole
import dev.tocsin.core.Severity
import dev.tocsin.core.TicketScreen
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.annotation.Config

@RunWith(AndroidJUnit4::class)
@Config(qualifiers = DIALOGS)
class TicketDetailScreenTest {
    @get:Rule val compose = createComposeRule()
    private val samples = Samples()

    @Test
    fun `the deeds are exactly those that the core gives`() {
        show(samples.ringingTicket)
        assertEquals(samples.ringingTicket.deeds.toSet(), offered())
    }

    @Test
    fun `a resolved ticket can be reopened and noted, and nothing else`() {
        val deeds = listOf(Deed.REOPEN, Deed.ADD_NOTE)
        show(samples.ticket.copy(deeds = deeds))
        assertEquals(deeds.toSet(), offered())
    }

    @Test
    fun `work starts at once, and the conference is joined at its address`() {
        val wanted = show(samples.ticket)
        perform(Deed.START_WORK)
        perform(Deed.JOIN_CONFERENCE)
        val join = Intent.JoinConference(4711, "https://meet.example.org/4711")
        assertEquals(listOf(Intent.StartWork(4711), join), wanted)
    }

    @Test
    fun `checking in takes a hold here too`() {
        val wanted = show(samples.ringingTicket)
        compose.onNodeWithTag(Tags.deed(Deed.CHECK_IN)).performClick()
        assertEquals(emptyList<Intent>(), wanted)
        compose.onNodeWithTag(Tags.deed(Deed.CHECK_IN)).performSemanticsAction(SemanticsActions.OnClick)
        assertEquals(listOf<Intent>(Intent.CheckIn(4711)), wanted)
    }

    @Test
    fun `resolving, reopening and convening ask once`() {
        val ticket = samples.ticket.copy(deeds = listOf(Deed.RESOLVE, Deed.REOPEN, Deed.CONVENE))
        val wanted = show(ticket)
        ticket.deeds.forEach {
            perform(it)
            compose.onNodeWithTag(Tags.CANCEL).performClick()
        }
        assertEquals(emptyList<Intent>(), wanted)
        ticket.deeds.forEach {
            perform(it)
            confirm()
        }
        assertEquals(listOf(Intent.Resolve(4711), Intent.Reopen(4711), Intent.Convene(4711)), wanted)
    }

    @Test
    fun `help goes to whom the core offers, and not without words`() {
        val wanted = show(samples.ticket)
        perform(Deed.ASK_HELP)
        compose.onNodeWithTag(Tags.CONFIRM).assertIsNotEnabled()
        compose
            .onNode(
                hasText("the on-call of ledger-db") and hasAnyAncestor(isDialog()),
            ).performScrollTo()
            .performClick()
        compose.onNodeWithTag(Tags.CONFIRM).assertIsNotEnabled()
        compose.onNodeWithTag(Tags.WORDS).performScrollTo().performTextInput("Is the replica behind?")
        confirm()
        val asked = Intent.AskHelp(4711, HelpTarget.Service("ledger-db"), "Is the replica behind?")
        assertEquals(listOf<Intent>(asked), wanted)
    }

    @Test
    fun `notes and status updates are not blank and not longer than the server takes`() {
        val wanted = show(samples.ticket)
        perform(Deed.ADD_NOTE)
        compose.onNodeWithTag(Tags.WORDS).performTextInput("   ")
        compose.onNodeWithTag(Tags.CONFIRM).assertIsNotEnabled()
        // Two UTF-16 units each, but one character as the server counts.
        compose.onNodeWithTag(Tags.WORDS).performTextInput("🔥".repeat(LONGEST_TEXT))
        compose.onNodeWithTag(Tags.CONFIRM).assertIsEnabled()
        confirm()
        perform(Deed.UPDATE_STATUS)
        compose.onNodeWithTag(Tags.WORDS).performTextInput("Half of it is back.")
        confirm()
        val note = Intent.AddNote(4711, "🔥".repeat(LONGEST_TEXT))
        assertEquals(listOf(note, Intent.UpdateStatus(4711, "Half of it is back.")), wanted)
    }

    @Test
    fun `a limit is extended by a length with a reason`() {
        val wanted = show(samples.ticket)
        perform(Deed.EXTEND_LIMIT)
        compose.onNodeWithText("30 min").performClick()
        compose.onNodeWithTag(Tags.CONFIRM).assertIsNotEnabled()
        compose.onNodeWithTag(Tags.WORDS).performTextInput("The vendor is on it.")
        confirm()
        assertEquals(listOf<Intent>(Intent.ExtendLimit(4711, 1_800u, "The vendor is on it.")), wanted)
    }

    @Test
    fun `the ticket goes to somebody, its severity changes, somebody gets a role`() {
        val wanted = show(samples.ticket)
        perform(Deed.REASSIGN)
        choose("Kim Minji")
        perform(Deed.SET_SEVERITY)
        compose.onNodeWithText("SEV3").performClick()
        confirm()
        perform(Deed.NAME_ROLE)
        compose.onNodeWithText("Communications").performClick()
        choose("Lee Sora")
        assertEquals(
            listOf(
                Intent.Reassign(4711, "minji"),
                Intent.SetSeverity(4711, Severity.SEV3),
                Intent.NameRole(4711, "sora", IncidentRole.COMMUNICATIONS),
            ),
            wanted,
        )
    }

    @Test
    fun `the timeline tells everything, and whoever needs background finds it`() {
        val wanted = show(samples.ticket)
        samples.ticket.timeline.forEach { reach(it.text) }
        reach("Replica lags behind")
        reach("Runbook")
        compose.onNodeWithText("Runbook").performClick()
        reach("Dial")
        compose.onNodeWithText("Dial", substring = true).performClick()
        val runbook = Intent.OpenAddress("https://wiki.example.org/checkout")
        assertEquals(listOf(runbook, Intent.OpenAddress("tel:+82 2 555 0100")), wanted)
    }

    private fun show(ticket: TicketScreen) = compose.show { TicketDetailScreen(ticket, 0, samples.now, it) }

    private fun reach(text: String) {
        compose.onNodeWithTag(Tags.LIST).performScrollToNode(hasText(text, substring = true))
    }

    private fun perform(deed: Deed) {
        val button = compose.onNodeWithTag(Tags.deed(deed))
        if (!compose.isThere(Tags.deed(deed))) {
            compose.onNodeWithTag(Tags.MORE).performClick()
            button.performScrollTo()
        }
        button.performClick()
    }

    private fun choose(name: String) {
        compose.onNode(hasText(name) and hasAnyAncestor(isDialog())).performScrollTo().performClick()
        confirm()
    }

    private fun confirm() {
        compose.onNodeWithTag(Tags.CONFIRM).performClick()
        compose.onNodeWithTag(Tags.CONFIRM).assertDoesNotExist()
    }

    /** What there are buttons for, with the menu open. */
    private fun offered(): Set<Deed> {
        if (compose.isThere(Tags.MORE)) compose.onNodeWithTag(Tags.MORE).performClick()
        return Deed.entries.filter { compose.isThere(Tags.deed(it)) }.toSet()
    }
}
