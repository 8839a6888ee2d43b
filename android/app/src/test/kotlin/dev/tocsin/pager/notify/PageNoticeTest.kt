package dev.tocsin.pager.notify

import android.app.KeyguardManager
import android.app.Notification
import android.content.Intent
import android.os.Looper
import android.os.PowerManager
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.PageStatus
import dev.tocsin.pager.R
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import dev.tocsin.pager.support.awaitSome
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Shadows.shadowOf
import java.time.Duration

/** What stands in the notification while it rings, and what its buttons do. */
@RunWith(AndroidJUnit4::class)
class PageNoticeTest : PhoneTest() {
    private val power get() = shadowOf(app.getSystemService(PowerManager::class.java))
    private val keyguard get() = shadowOf(app.getSystemService(KeyguardManager::class.java))
    private val loud get() = shadowOf(notifications).getNotification(PageNotice.INSISTENT)

    @Test
    fun `a button that was shown for one page never answers another`() {
        val server = enrolled()
        val first = server.alarm("the database")
        val older = button("Trouble with the database", "Check in")
        pager.checkIn(first)
        await("it is silent") { home?.siren?.ringing == false }
        server.alarm("checkout")
        button("Trouble with checkout", "Check in")

        older.actionIntent.send()
        shadowOf(Looper.getMainLooper()).idle()
        val statuses = checkNotNull(home).pages.associate { it.title to it.status }
        assertEquals(PageStatus.RINGING, statuses["Trouble with checkout"])
        assertEquals(true, home?.siren?.ringing)
    }

    @Test
    fun `what sounds in the siren's place says what rings now`() {
        val server = enrolled()
        app.refusesServices = true
        val first = server.alarm("the database")
        awaitSome("it sounds by itself") { loud }
        server.alarm("checkout")
        val both = loudAfter("it says both") { "checkout" in it.text }
        assertEquals(listOf("Check in to all"), both.actions.map { it.title })
        pager.checkIn(first)
        val second = loudAfter("it says the one that rings") { "checkout" in it.title }
        assertEquals(listOf("Check in", "Can't, page the next"), second.actions.map { it.title })
    }

    @Test
    fun `what sounds in the siren's place is never muted by what it says anew`() {
        val server = enrolled()
        app.refusesServices = true
        server.alarm("the database")
        awaitSome("it sounds by itself") { loud }
        val before = loudAfter("it says what about") { "the database" in it.title }
        server.alarm("checkout")
        val after = loudAfter("it says both") { "checkout" in it.text }
        for (told in listOf(before, after)) {
            assertTrue("it sounds on", told.flags and Notification.FLAG_INSISTENT != 0)
            assertEquals("an update that may not alert ends the sound", 0, told.flags and ONCE)
        }
    }

    @Test
    fun `what a page is about is hidden as soon as the screen is dark, and shown to whoever unlocks it`() {
        app.settings.hideContent = true
        val server = enrolled()
        server.alarm("the database")
        button("Trouble with the database", "Check in")

        power.turnScreenOn(false)
        await("a dark phone tells nothing") { pageNotice?.title == app.getString(R.string.notify_paged) }
        power.turnScreenOn(true)
        await("it was not locked yet") { "the database" in pageNotice?.title.orEmpty() }
        power.turnScreenOn(false)
        keyguard.setKeyguardLocked(true)
        power.turnScreenOn(true)
        await("a locked phone tells nothing") { pageNotice?.title == app.getString(R.string.notify_paged) }
        keyguard.setKeyguardLocked(false)
        app.sendBroadcast(Intent(Intent.ACTION_USER_PRESENT))
        await("its owner may know") { "the database" in pageNotice?.title.orEmpty() }
    }

    @Test
    fun `can't on the lock screen pages the next`() {
        val server = enrolled()
        val ticket = server.alarm("the database")
        button("Trouble with the database", "Can't, page the next").actionIntent.send()
        await("it is silent") { home?.siren?.ringing == false }
        await("the server pages the next") { server.count(ticket, "declined") == 1 }
    }

    @Test
    fun `check in to all on the lock screen takes every ticket that rings`() {
        val server = enrolled()
        val tickets = listOf("the database", "checkout").map { server.alarm(it) }
        await("both ring") { pageNotice?.actions?.map { it.title } == listOf("Check in to all") }
        tap("Check in to all")
        await("both are hers") { tickets.all { server.state(it) == "researching" } }
        await("it is silent") { home?.siren?.ringing == false }
    }

    /** What sounds in the siren's place, a second after the page's own notification reads so. */
    private fun loudAfter(
        what: String,
        reads: (Notification) -> Boolean,
    ): Notification {
        await(what) { pageNotice?.let(reads) == true }
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(PageNotice.ALERT_EVERY_MS))
        return checkNotNull(loud).also { assertTrue(what, reads(it)) }
    }

    private fun enrolled() = TocsinServer.start().forThisTest().also { enrol(it) }

    /** This button, once the notification is about this page. */
    private fun button(
        page: String,
        label: String,
    ): Notification.Action =
        awaitSome("the notification is about $page") {
            pageNotice?.takeIf { page in it.title }?.actions?.firstOrNull { it.title == label }
        }

    private val Notification.title get() = extras.getString(Notification.EXTRA_TITLE).orEmpty()
    private val Notification.text get() = extras.getString(Notification.EXTRA_TEXT).orEmpty()

    private companion object {
        const val ONCE = Notification.FLAG_ONLY_ALERT_ONCE
    }
}
