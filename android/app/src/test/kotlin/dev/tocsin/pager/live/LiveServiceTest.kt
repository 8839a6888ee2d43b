package dev.tocsin.pager.live

import android.app.AlarmManager
import android.app.ForegroundServiceStartNotAllowedException
import android.app.Notification
import android.content.Intent
import android.content.pm.ServiceInfo
import android.os.UserManager
import androidx.test.core.app.ActivityScenario
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Transport
import dev.tocsin.pager.MainActivity
import dev.tocsin.pager.R
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import dev.tocsin.pager.support.awaitSome
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowPowerManager

/** A connection of the phone's own, for whoever chose it and for whoever nothing else reaches. */
@RunWith(AndroidJUnit4::class)
class LiveServiceTest : PhoneTest() {
    @Test
    fun `a phone that no push reaches keeps its own connection, in the foreground and quietly`() {
        enrol(TocsinServer.start().forThisTest())
        val service = start(awaitStart())
        val shadow = shadowOf(service.get())
        assertEquals(LiveService.NOTIFICATION, shadow.lastForegroundNotificationId)
        assertEquals(
            ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE,
            service.get().foregroundServiceType,
        )
        await("it says that the server is reached") {
            text(shadowOf(notifications).getNotification(LiveService.NOTIFICATION)) ==
                app.getString(R.string.live_connected)
        }
        assertFalse("the processor sleeps", ShadowPowerManager.getLatestWakeLock().isHeld)
        service.destroy()
    }

    @Test
    fun `it is not kept where pushes arrive, unless the person chose it`() {
        enrol(TocsinServer.start().forThisTest())
        val service = start(awaitStart())
        assertFalse("nothing else reaches it", shadowOf(service.get()).isStoppedBySelf)
        pushesArrive()
        await("it ends itself") { shadowOf(service.get()).isStoppedBySelf }
        app.settings.liveStream = true
        val chosen = start(awaitStart())
        app.settings.liveStream = false
        await("it ends itself") { shadowOf(chosen.get()).isStoppedBySelf }
    }

    @Test
    fun `a service that was asked for comes to the foreground before it ends, as the system demands`() {
        enrol(TocsinServer.start().forThisTest())
        val asked = awaitStart()
        pushesArrive()
        shadowOf(app.mainLooper).idle()
        assertNull("nobody ends it before it is there", shadowOf(app).nextStoppedService)
        val service = start(asked)
        assertEquals(LiveService.NOTIFICATION, shadowOf(service.get()).lastForegroundNotificationId)
        await("then it ends itself") { shadowOf(service.get()).isStoppedBySelf }
    }

    @Test
    fun `a service that may not come to the foreground ends and takes nothing with it`() {
        enrol(TocsinServer.start().forThisTest())
        val service = Robolectric.buildService(LiveService::class.java, awaitStart())
        val refusal = ForegroundServiceStartNotAllowedException("in the background")
        shadowOf(service.get()).setThrowInStartForeground(refusal)
        service.create()
        assertTrue(shadowOf(service.get()).isStoppedBySelf)
        service.destroy()
    }

    @Test
    fun `before the first unlock no push app works, so the phone keeps its own connection`() {
        val users = shadowOf(app.getSystemService(UserManager::class.java))
        users.setUserUnlocked(false)
        pushesArrive()
        enrol(TocsinServer.start().forThisTest())
        val service = start(awaitStart())
        assertFalse("nothing else reaches it", shadowOf(service.get()).isStoppedBySelf)
        users.setUserUnlocked(true)
        app.sendBroadcast(Intent(Intent.ACTION_USER_UNLOCKED))
        await("pushes come again") { shadowOf(service.get()).isStoppedBySelf }
    }

    @Test
    fun `a phone that is nobody's keeps nothing`() {
        Live.keep(app)
        assertNull(shadowOf(app).nextStartedService)
    }

    @Test
    fun `its alarm brings it back, with the phone asleep as well`() {
        enrol(TocsinServer.start().forThisTest())
        awaitStart()
        LiveAlarm.schedule(app)
        val alarms = shadowOf(app.getSystemService(AlarmManager::class.java)).scheduledAlarms
        assertTrue(alarms.any { it.isAllowWhileIdle && it.getType() == AlarmManager.ELAPSED_REALTIME_WAKEUP })
        LiveAlarm().onReceive(app, Intent())
        assertNotNull(awaitStart())
    }

    @Test
    fun `what it may not start from the background it starts when the app is opened`() {
        val server = TocsinServer.start().forThisTest()
        app.refusesServices = true
        enrol(server)
        await("the phone is Ana's") { home != null }
        app.refusesServices = false
        ActivityScenario.launch(MainActivity::class.java).use { assertNotNull(awaitStart()) }
    }

    private fun pushesArrive() = app.pushes.arrived(Transport.WEB_PUSH, "https://192.0.2.1/phone")

    private fun start(wanted: Intent) =
        Robolectric.buildService(LiveService::class.java, wanted).create().startCommand(0, 1)

    private fun awaitStart(): Intent =
        awaitSome("the connection's service is started") {
            shadowOf(app).nextStartedService?.takeIf { it.component?.className == NAME }
        }

    private fun text(notification: Notification?) =
        notification?.extras?.getCharSequence(Notification.EXTRA_TEXT)?.toString()

    private companion object {
        val NAME: String = LiveService::class.java.name
    }
}
