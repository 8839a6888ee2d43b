package dev.tocsin.pager.notify

import android.app.NotificationManager
import android.service.notification.StatusBarNotification
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import dev.tocsin.pager.support.awaitSome
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith

/** What the core has to say and nobody need wake up for. */
@RunWith(AndroidJUnit4::class)
class NoticesTest : PhoneTest() {
    private val notices: List<StatusBarNotification>
        get() = notifications.activeNotifications.filter { it.tag == Notices.TAG }

    @Test
    fun `what the server refused stands among the notifications, quietly, until it is read`() {
        refuse()
        val said = awaitSome("a notification") { notices.singleOrNull() }.notification
        val text = checkNotNull(home).notices.single().text
        assertEquals(text, said.extras.getString("android.text"))
        val channel = notifications.getNotificationChannel(said.channelId)
        assertEquals(NotificationManager.IMPORTANCE_LOW, channel.importance)
        assertTrue(said.contentIntent.isImmutable && said.deleteIntent.isImmutable)

        pager.dismissNotice(checkNotNull(home).notices.single().number)
        await("read in the app, it is gone") { notices.isEmpty() }
    }

    @Test
    fun `to swipe a notice away is to have read it`() {
        refuse()
        awaitSome("a notification") { notices.singleOrNull() }.notification.deleteIntent.send()
        await("the app has nothing to read either") { home?.notices?.isEmpty() == true }
        await("it is gone") { notices.isEmpty() }
    }

    /** Ana extends a limit, which is for managers to do. */
    private fun refuse() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        val ticket = server.alarm("the database")
        awaitSiren()
        assertNull("nothing to read yet", notices.firstOrNull())
        pager.checkIn(ticket)
        pager.extendLimit(ticket, 600u, "more time")
    }
}
