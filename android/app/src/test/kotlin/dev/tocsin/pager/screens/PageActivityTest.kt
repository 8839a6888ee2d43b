package dev.tocsin.pager.screens

import android.app.KeyguardManager
import android.content.Intent
import android.view.KeyEvent
import android.view.WindowManager
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.junit4.v2.createEmptyComposeRule
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performTouchInput
import androidx.lifecycle.Lifecycle
import androidx.test.core.app.ActivityScenario
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.pager.MainActivity
import dev.tocsin.pager.PageActivity
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import dev.tocsin.pager.ui.HOLD_MILLIS
import dev.tocsin.pager.ui.Tags
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** The page comes in front of whoever slept, and only an answer ends it. */
@RunWith(AndroidJUnit4::class)
class PageActivityTest : PhoneTest() {
    @get:Rule val compose = createEmptyComposeRule()

    private val opened = mutableListOf<ActivityScenario<PageActivity>>()

    /** Before the pager ends, which an open page would open again. */
    @After
    fun leave() = opened.forEach { it.close() }

    @Test
    fun `the page lights up the phone and comes over the lock screen, by itself and without a trace`() {
        val (_, scenario) = paged()
        scenario.onActivity { page ->
            val shadow = shadowOf(page)
            assertTrue(shadow.showWhenLocked)
            assertTrue(shadow.turnScreenOn)
            val flags = page.window.attributes.flags
            assertTrue(flags and WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON != 0)
            assertEquals(0, flags and WindowManager.LayoutParams.FLAG_SECURE)
        }
        compose.onNodeWithText(TITLE).assertIsDisplayed()
    }

    @Test
    fun `a held thumb checks in, and the ticket is in Ana's hands at the server`() {
        val (server, _) = paged()
        val ticket = checkNotNull(home).pages.first().ticket
        await("it is loud") { alarmVolume == LOUD }
        compose.mainClock.autoAdvance = false
        compose.onNodeWithTag(Tags.CHECK_IN).performTouchInput { down(center) }
        compose.mainClock.advanceTimeBy(HOLD_MILLIS / 2)
        assertTrue("a short touch answers nothing", home?.siren?.ringing == true)
        compose.mainClock.advanceTimeBy(HOLD_MILLIS)
        await("the server has the check-in") { server.state(ticket) == "researching" }
        await("the siren is silent") { home?.siren?.ringing == false }
        await("the volume is as it was") { alarmVolume == QUIET }
    }

    @Test
    fun `neither back nor a volume key ends the page while it rings`() {
        val (_, scenario) = paged()
        scenario.onActivity { page ->
            val before = alarmVolume
            for (code in listOf(
                KeyEvent.KEYCODE_VOLUME_DOWN,
                KeyEvent.KEYCODE_VOLUME_UP,
                KeyEvent.KEYCODE_VOLUME_MUTE,
            )) {
                assertTrue(page.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, code)))
            }
            page.onBackPressedDispatcher.onBackPressed()
            assertFalse(page.isFinishing)
            assertEquals(before, alarmVolume)
        }
        assertTrue(home?.siren?.ringing == true)
    }

    @Test
    fun `once nothing rings back closes the page`() {
        val (_, scenario) = paged()
        pager.checkInAll()
        await("the siren is silent") { home?.siren?.ringing == false }
        scenario.onActivity { page ->
            page.onBackPressedDispatcher.onBackPressed()
            assertTrue(page.isFinishing)
        }
    }

    @Test
    fun `a locked phone whose team wants it so shows that it rings, not what about`() {
        app.settings.hideContent = true
        shadowOf(app.getSystemService(KeyguardManager::class.java)).setKeyguardLocked(true)
        paged()
        compose.onNodeWithText(TITLE).assertDoesNotExist()
        compose.onNodeWithText("Unlock to see what it is about").assertIsDisplayed()
        compose.onNodeWithTag(Tags.CHECK_IN).assertIsDisplayed()
    }

    @Test
    @Config(qualifiers = "ko-rKR-w411dp-h891dp-xhdpi")
    fun `the page speaks Korean where the phone does`() {
        paged()
        compose.onNodeWithText("응할 수 없음 – 다음 사람 호출").assertIsDisplayed()
    }

    @Test
    fun `the app opens at the ticket that a notification is about`() {
        val (_, scenario) = paged()
        scenario.close()
        val ticket = checkNotNull(home).pages.first().ticket
        ActivityScenario.launch<MainActivity>(MainActivity.intent(app, ticket)).use {
            await("the ticket is open") { texts(TITLE) > 0 }
        }
    }

    @Test
    fun `a page that a dead process has left behind opens the pager, and waits until it knows what rings`() {
        val (_, scenario) = paged()
        runBlocking { pager.settled() }
        scenario.close()
        app.dieAndComeBack()
        val again = ActivityScenario.launch<PageActivity>(PageActivity.intent(app)).also(opened::add)
        await("the page is shown") { texts(TITLE) > 0 }
        again.onActivity { assertFalse(it.isFinishing) }
    }

    @Test
    fun `the page screen of a phone that is nobody's goes away`() {
        val scenario = ActivityScenario.launch<PageActivity>(PageActivity.intent(app)).also(opened::add)
        await("it is gone") { scenario.state == Lifecycle.State.DESTROYED }
    }

    @Test
    fun `the page screen goes away with the last that this phone knows`() {
        val (_, scenario) = paged()
        runBlocking { pager.forget() }
        var gone = false
        await("it goes away") {
            scenario.onActivity { gone = it.isFinishing }
            gone
        }
    }

    @Test
    fun `an address from a server opens in a browser or dials, and carries no app's name`() {
        assertEquals(Intent.ACTION_DIAL, MainActivity.addressed("tel:+49301234").action)
        val web = MainActivity.addressed("https://meet.example.org/1")
        assertEquals(Intent.ACTION_VIEW, web.action)
        assertTrue(Intent.CATEGORY_BROWSABLE in web.categories)
        assertEquals(null, web.component)
    }

    private fun texts(text: String): Int =
        compose
            .onAllNodes(
                androidx.compose.ui.test
                    .hasText(text),
            ).fetchSemanticsNodes(false)
            .size

    private fun paged(): Pair<TocsinServer, ActivityScenario<PageActivity>> {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        server.alarm("checkout")
        await("it rings") { home?.siren?.ringing == true && home?.pages?.isNotEmpty() == true }
        val scenario = ActivityScenario.launch<PageActivity>(PageActivity.intent(app)).also(opened::add)
        await("the page is shown") {
            compose
                .onAllNodes(
                    androidx.compose.ui.test
                        .isRoot(),
                ).fetchSemanticsNodes(false)
                .isNotEmpty()
        }
        return server to scenario
    }

    private companion object {
        const val TITLE = "Trouble with checkout"
    }
}
