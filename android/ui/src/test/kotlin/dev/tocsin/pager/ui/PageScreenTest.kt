package dev.tocsin.pager.ui

import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.assertTextContains
import androidx.compose.ui.test.junit4.v2.createComposeRule
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performSemanticsAction
import androidx.compose.ui.test.performTextInput
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.DeadlineKind
import dev.tocsin.core.Deed
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.PageStatus
import dev.tocsin.core.TicketScreen
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.annotation.Config

@RunWith(AndroidJUnit4::class)
class PageScreenTest {
    @get:Rule val compose = createComposeRule()
    private val samples = Samples()

    @Test
    fun `the page says how bad, where, what, why, how long, and who is next`() {
        show(samples.ringing(samples.page))
        listOf("SEV1", "checkout-api", samples.page.title, samples.page.reasonText).forEach {
            compose.onNodeWithText(it, substring = true).assertIsDisplayed()
        }
        compose.onNodeWithTag(Tags.LIMIT).assertIsDisplayed()
        compose.onNodeWithTag(Tags.LIMIT).assertSays("4 minutes left, then Kim Minji is paged")
    }

    @Test
    fun `the limit runs out by the server's clock, not by a phone's that is slow`() {
        val slow = samples.ringing(samples.page).copy(clockOffsetMs = 5 * 60_000)
        compose.show { PageScreen(slow, null, samples.now, it) }
        compose.onNodeWithTag(Tags.LIMIT).assertSays("over for 28 seconds, then Kim Minji is paged")
    }

    @Test
    fun `before the manager is paged the own siren rings once more, and it says so`() {
        show(samples.ringing(samples.page.copy(dueKind = DeadlineKind.NUDGE)))
        compose.onNodeWithTag(Tags.LIMIT).assertSays("4 minutes left, then your siren asks once more")
    }

    @Test
    fun `the server hears that the page was seen, once`() {
        val wanted = show(samples.ringing(samples.page))
        assertEquals(listOf<Intent>(Intent.Seen(4711)), wanted)
    }

    @Test
    @Config(qualifiers = DIALOGS)
    fun `whoever cannot come is asked once, told who is paged, and may say why`() {
        val wanted = show(samples.ringing(samples.page))
        compose.onNodeWithTag(Tags.CANNOT).performScrollTo().performClick()
        compose.onNodeWithText("Kim Minji is paged at once.").assertIsDisplayed()
        assertEquals(emptyList<Intent>(), wanted.deeds())
        compose.onNodeWithTag(Tags.WORDS).performTextInput("on a train ")
        compose.onNodeWithTag(Tags.CONFIRM).performClick()
        assertEquals(listOf(Intent.Cannot(4711, "on a train")), wanted.deeds())
        compose.onNodeWithTag(Tags.CONFIRM).assertDoesNotExist()
    }

    @Test
    @Config(qualifiers = DIALOGS)
    fun `whoever thinks better of it pages nobody, and no reason is as good as one`() {
        val wanted = show(samples.ringing(samples.page))
        compose.onNodeWithTag(Tags.CANNOT).performScrollTo().performClick()
        compose.onNodeWithTag(Tags.CANCEL).performClick()
        assertEquals(emptyList<Intent>(), wanted.deeds())
        compose.onNodeWithTag(Tags.CANNOT).performScrollTo().performClick()
        compose.onNodeWithTag(Tags.CONFIRM).performClick()
        assertEquals(listOf(Intent.Cannot(4711, null)), wanted.deeds())
    }

    @Test
    fun `several pages are one siren, checked in to at once or one by one`() {
        val wanted = show(samples.ringing(*samples.several.toTypedArray()))
        compose.onNodeWithTag(Tags.CHECK_IN_ALL).performSemanticsAction(SemanticsActions.OnClick)
        compose.onNodeWithTag(Tags.CHECK_IN).performSemanticsAction(SemanticsActions.OnClick)
        compose.onNodeWithTag(Tags.ticket(4713)).performScrollTo().performClick()
        assertEquals(listOf(Intent.CheckInAll, Intent.CheckIn(4711), Intent.ShowPage(4713)), wanted.deeds())
    }

    @Test
    fun `all are those that ring, not those whose time has passed`() {
        val (worst, next, expired) = samples.several
        show(samples.ringing(worst, next, expired.copy(status = PageStatus.EXPIRED)))
        compose.onNodeWithTag(Tags.CHECK_IN_ALL).assertSays("Check in to all 2 pages")
        compose.onNodeWithTag(Tags.ticket(expired.ticket)).assertExists()
    }

    @Test
    fun `one page that rings beside one whose time has passed is one to check in to`() {
        show(samples.ringing(samples.page, samples.page(4712).copy(status = PageStatus.EXPIRED)))
        compose.onNodeWithTag(Tags.CHECK_IN_ALL).assertDoesNotExist()
        compose.onNodeWithTag(Tags.CHECK_IN).assertSays("Check in")
    }

    @Test
    fun `the page that somebody chose is in front of a worse one, until it is answered`() {
        val home = samples.ringing(*samples.several.toTypedArray())
        assertEquals(4712L, home.ticketInFront(4712))
        assertEquals(4711L, home.ticketInFront(null))
        val answered =
            home.pages.map {
                if (it.ticket ==
                    4712L
                ) {
                    it.copy(status = PageStatus.ANSWERED)
                } else {
                    it
                }
            }
        assertEquals(4711L, home.copy(pages = answered).ticketInFront(4712))
        assertEquals(4712L, samples.calm.ticketInFront(4712))
    }

    @Test
    fun `a manager sees which limit was missed, and takes over, extends, or pages somebody else`() {
        val wanted = show(samples.ringing(samples.managers), samples.ticket)
        compose
            .onNodeWithText(
                "Researching since",
                substring = true,
            ).assertTextContains("missed", substring = true)
        compose.onNodeWithText("Take over").performScrollTo().performClick()
        assertEquals(listOf(Intent.StartWork(4711)), wanted.deeds())
        listOf(Deed.EXTEND_LIMIT, Deed.REASSIGN, Deed.ASK_HELP).forEach {
            compose.onNodeWithTag(Tags.deed(it)).performScrollTo().assertIsDisplayed()
        }
    }

    @Test
    fun `a manager cannot do what the core does not offer`() {
        show(
            samples.ringing(samples.managers),
            samples.ticket.copy(deeds = listOf(Deed.CHECK_IN, Deed.ASK_HELP)),
        )
        compose.onNodeWithTag(Tags.deed(Deed.EXTEND_LIMIT)).assertDoesNotExist()
        compose.onNodeWithTag(Tags.CANNOT).assertDoesNotExist()
        compose.onNodeWithTag(Tags.deed(Deed.ASK_HELP)).assertExists()
    }

    @Test
    fun `a check-in without a connection is said to be waiting, and the next steps are there`() {
        val wanted = show(samples.notSent, samples.ticket)
        compose.onNodeWithTag(Tags.NOT_SENT).assertTextContains("Not sent yet: Check in", substring = true)
        compose.onNodeWithTag(Tags.CHECK_IN).assertDoesNotExist()
        compose.onNodeWithTag(Tags.deed(Deed.START_WORK)).performClick()
        assertEquals(listOf(Intent.StartWork(4711)), wanted.deeds())
        listOf(Deed.RESOLVE, Deed.ASK_HELP, Deed.ADD_NOTE).forEach {
            compose.onNodeWithTag(Tags.deed(it)).performScrollTo().assertIsDisplayed()
        }
    }

    @Test
    fun `once the server has the check-in the screen stays with the ticket in hand`() {
        show(samples.calm, samples.ticket)
        compose.onNodeWithTag(Tags.NOT_SENT).assertDoesNotExist()
        compose.onNodeWithText("In the hands of Park Jun").assertIsDisplayed()
        compose.onNodeWithTag(Tags.deed(Deed.START_WORK)).assertIsDisplayed()
    }

    @Test
    fun `a siren that fails is said on the page`() {
        val home = samples.ringing(samples.page)
        show(home.copy(siren = home.siren.copy(failure = "total silence is on")))
        compose.onNodeWithText("The siren does not sound: total silence is on").assertExists()
    }

    @Test
    fun `the pager's own alarm looks like a page and ends with I know`() {
        val wanted = show(samples.lost)
        compose.onNodeWithText("You are on call", substring = true).assertIsDisplayed()
        compose.onNodeWithTag(Tags.I_KNOW).performSemanticsAction(SemanticsActions.OnClick)
        assertEquals(listOf<Intent>(Intent.IKnow), wanted)
    }

    @Test
    fun `a page comes before the pager's own alarm`() {
        show(samples.lost.copy(pages = listOf(samples.page)))
        compose.onNodeWithTag(Tags.CHECK_IN).assertIsDisplayed()
        compose.onNodeWithTag(Tags.I_KNOW).assertDoesNotExist()
    }

    @Test
    fun `a drill says that it is one`() {
        show(samples.drill)
        compose.onNodeWithText("This is a drill.").assertIsDisplayed()
    }

    @Test
    fun `when somebody else has taken it the screen says that nothing rings and closes`() {
        val wanted = show(samples.calm)
        compose.onNodeWithText("Nothing rings any more.").assertIsDisplayed()
        compose.onNodeWithText("Close").performClick()
        assertEquals(listOf<Intent>(Intent.Back), wanted)
    }

    @Test
    @Config(qualifiers = DIALOGS)
    fun `a reason longer than the server takes is not sent`() {
        show(samples.ringing(samples.page))
        compose.onNodeWithTag(Tags.CANNOT).performScrollTo().performClick()
        compose.onNodeWithTag(Tags.WORDS).performTextInput("x".repeat(LONGEST_TEXT + 1))
        compose.onNodeWithText("4001 of 4000 characters", substring = true).assertExists()
        compose.onNodeWithTag(Tags.CONFIRM).assertIsNotEnabled()
    }

    private fun show(
        home: HomeScreen,
        ticket: TicketScreen? = null,
    ) = compose.show { PageScreen(home, ticket, samples.now, it) }
}
