package dev.tocsin.pager

import android.app.AlarmManager
import android.app.NotificationManager
import android.content.Intent
import android.content.pm.ServiceInfo
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraManager
import android.media.AudioAttributes
import android.media.AudioDeviceInfo
import android.media.AudioManager
import android.media.AudioTrack
import android.os.Vibrator
import android.provider.Settings
import androidx.test.ext.junit.runners.AndroidJUnit4
import dev.tocsin.core.Code
import dev.tocsin.core.ConnectionState
import dev.tocsin.core.Light
import dev.tocsin.core.PushEndpoint
import dev.tocsin.core.Transport
import dev.tocsin.pager.boot.BootReceiver
import dev.tocsin.pager.notify.PageNotice
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.support.OtherPhone
import dev.tocsin.pager.support.PhoneTest
import dev.tocsin.pager.support.PushService
import dev.tocsin.pager.support.QUICK
import dev.tocsin.pager.support.TocsinServer
import dev.tocsin.pager.support.await
import dev.tocsin.pager.support.awaitSome
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowAlarmManager
import org.robolectric.shadows.ShadowCameraCharacteristics
import org.robolectric.shadows.ShadowPowerManager
import java.time.Duration

/** Nights of a phone with the real core, against a real server. */
@RunWith(AndroidJUnit4::class)
class SirenTest : PhoneTest() {
    @Test
    fun `a page sounds as an alarm, loud enough, with a service and a notification over the lock screen`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        server.alarm("the database")
        val service = awaitSiren()
        val track = loudspeaker.playing.single()
        assertEquals(AudioAttributes.USAGE_ALARM, track.audioAttributes.usage)
        assertEquals(LOUD, alarmVolume)
        assertEquals(LOUD / 7f, home?.siren?.effectiveVolume)
        assertEquals(PageNotice.NUMBER, shadowOf(service.get()).lastForegroundNotificationId)
        assertEquals(
            ServiceInfo.FOREGROUND_SERVICE_TYPE_SYSTEM_EXEMPTED,
            service.get().foregroundServiceType,
        )
        assertTrue(shadowOf(app.getSystemService(Vibrator::class.java)).isVibrating)
        val notice =
            awaitSome("the notification says what it is about") {
                pageNotice?.takeIf { it.actions?.size == 2 }
            }
        assertEquals("SEV1: Trouble with the database", notice.extras.getString("android.title"))
        assertEquals("alarm", notice.category)
        assertTrue(shadowOf(notice.fullScreenIntent).isActivity)
        val opens = shadowOf(notice.fullScreenIntent).savedIntent.component?.className
        assertEquals(PageActivity::class.java.name, opens)
        val intents = notice.actions.map { it.actionIntent }
        (intents + notice.fullScreenIntent + notice.deleteIntent + notice.contentIntent).forEach {
            assertTrue("nobody else may change it", it.isImmutable)
        }
        val channel = notifications.getNotificationChannel(notice.channelId)
        assertEquals(NotificationManager.IMPORTANCE_HIGH, channel.importance)
        assertTrue(channel.canBypassDnd())
        assertNull("the siren sounds by itself", channel.sound)
    }

    @Test
    fun `a page by push and by live stream is one siren, and a push after the check-in is none`() {
        val service = PushService().forThisTest()
        val server = TocsinServer.start(transports = service.transports).forThisTest()
        enrolWithPush(server, service)
        app.onTerminate()
        val ticket = server.alarm("the database")
        val push = awaitSome("the push") { service.sent.firstOrNull() }
        app.onCreate()
        Phone.receivePush(app, Transport.WEB_PUSH, push)
        awaitSiren()
        await("the live stream is there") { home?.connection is ConnectionState.Live }
        Phone.receivePush(app, Transport.WEB_PUSH, push)
        runBlocking { pager.settled() }
        assertEquals(1, loudspeaker.tracks.size)
        assertEquals(1, home?.pages?.size)

        pager.checkIn(ticket)
        awaitSilence()
        await("the server has it") { server.state(ticket) == "researching" }
        Phone.receivePush(app, Transport.WEB_PUSH, push)
        runBlocking { pager.settled() }
        assertEquals(false, home?.siren?.ringing)
        assertEquals(1, loudspeaker.tracks.size)
    }

    @Test
    fun `a push starts a dead process and its siren, even when the server is not reached`() {
        val service = PushService().forThisTest()
        val server = TocsinServer.start(transports = service.transports).forThisTest()
        enrolWithPush(server, service)
        app.onTerminate()
        server.alarm("the database")
        val push = awaitSome("the push") { service.sent.firstOrNull() }
        server.stop()
        app.onCreate()
        Phone.receivePush(app, Transport.WEB_PUSH, push)
        awaitSiren()
        assertEquals("Trouble with the database", home?.pages?.single()?.title)
    }

    @Test
    fun `whatever is pushed keeps the processor awake until it is stored`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        Phone.receivePush(app, Transport.WEB_PUSH, "not sealed to this phone".toByteArray())
        val kept = checkNotNull(ShadowPowerManager.getLatestWakeLock())
        assertTrue("when the one who delivers has left", kept.isHeld)
        await("the processor may sleep") { !kept.isHeld }
    }

    @Test
    fun `a check-in from the lock screen reaches the server, and every phone is silent`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        val other = OtherPhone(server, "ana").forThisTest()
        val ticket = server.alarm("the database")
        val service = awaitSiren()
        await("the other phone sounds") { other.sounds }
        awaitSome("the buttons") { pageNotice?.actions?.takeIf { it.size == 2 } }
        tap("Check in")
        await("the ticket is in her hands") { server.state(ticket) == "researching" }
        awaitSilence()
        await("the other phone is silent") { !other.sounds }
        await("the service has ended") { shadowOf(service.get()).isStoppedBySelf }
        assertFalse(shadowOf(app.getSystemService(Vibrator::class.java)).isVibrating)
    }

    @Test
    fun `a check-in without a network is kept, outlives the process and is sent once`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        val ticket = server.alarm("the database")
        awaitSiren()
        server.stop()
        pager.checkIn(ticket)
        awaitSilence()
        assertEquals(1, home?.waiting?.size)
        app.dieAndComeBack()
        Phone.pager(app)
        await("it still waits") { home?.waiting?.size == 1 }
        assertTrue("and nothing sounds", loudspeaker.playing.isEmpty())
        server.startAgain()
        await("the server has it") { server.state(ticket) == "researching" }
        await("nothing waits any more") { home?.waiting?.isEmpty() == true }
        assertEquals(1, server.count(ticket, "checked_in"))
    }

    @Test
    fun `when a limit is missed the manager's phone rings and says why`() {
        val server = TocsinServer.start(QUICK).forThisTest()
        enrol(server, "bea")
        server.alarm("the database")
        awaitSiren()
        val page = checkNotNull(home).pages.single()
        assertTrue(page.manager)
        assertNotNull("which limit", page.missed)
        assertTrue(page.reasonText, page.reasonText.isNotBlank())
        awaitSome("it says so outside as well") {
            pageNotice?.extras?.getString("android.text")?.takeIf { page.reasonText in it }
        }
    }

    @Test
    fun `a page that is over falls silent, even when nobody can tell the phone`() {
        val server = TocsinServer.start(QUICK).forThisTest()
        enrol(server)
        server.alarm("the database")
        awaitSiren()
        server.stop()
        app.ahead = LONG_OVER
        pager.deviceChanged()
        awaitSilence()
    }

    @Test
    fun `a push that comes when its page is long over wakes nobody`() {
        val service = PushService().forThisTest()
        val server = TocsinServer.start(QUICK, service.transports).forThisTest()
        enrolWithPush(server, service)
        app.onTerminate()
        server.alarm("the database")
        val push = awaitSome("the push") { service.sent.firstOrNull() }
        server.stop()
        app.ahead = LONG_OVER
        app.onCreate()
        Phone.receivePush(app, Transport.WEB_PUSH, push)
        runBlocking { pager.settled() }
        await("it knows the ticket") { home?.tickets?.size == 1 }
        assertEquals(false, home?.siren?.ringing)
        assertTrue(loudspeaker.tracks.isEmpty())
        assertNull("no service", nextSirenService())
    }

    @Test
    fun `the torch flashes with the siren, if so wished, and is dark with it`() {
        val flash = ShadowCameraCharacteristics.newCameraCharacteristics()
        shadowOf(flash).set(CameraCharacteristics.FLASH_INFO_AVAILABLE, true)
        val cameras = shadowOf(app.getSystemService(CameraManager::class.java))
        cameras.addCamera("front", ShadowCameraCharacteristics.newCameraCharacteristics())
        cameras.addCamera("back", flash)
        app.settings.torch = true
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        val ticket = server.alarm("the database")
        awaitSiren()
        for (flashes in 1..2) {
            await("it is lit") { cameras.getTorchMode("back") }
            await("it is dark") { !cameras.getTorchMode("back") }
        }
        pager.checkIn(ticket)
        awaitSilence()
        await("it stays dark") { !cameras.getTorchMode("back") }
    }

    @Test
    fun `a phone that was restarted during a page rings again and puts the volume back afterwards`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        val ticket = server.alarm("the database")
        awaitSiren()
        assertEquals(LOUD, alarmVolume)
        goOff()
        app.onCreate()
        BootReceiver().onReceive(app, Intent(Intent.ACTION_LOCKED_BOOT_COMPLETED))
        assertTrue("awake from here on", checkNotNull(ShadowPowerManager.getLatestWakeLock()).isHeld)
        awaitSiren()
        assertEquals(1, loudspeaker.playing.size)
        pager.checkIn(ticket)
        awaitSilence()
    }

    @Test
    fun `a page that was over while the phone was off leaves it silent, with its volume as before`() {
        val server = TocsinServer.start(QUICK).forThisTest()
        enrol(server)
        server.alarm("the database")
        awaitSiren()
        assertEquals(LOUD, alarmVolume)
        goOff()
        server.stop()
        app.ahead = LONG_OVER
        app.onCreate()
        val heard = loudspeaker.tracks.size
        assertEquals("nobody has put it back yet", LOUD, alarmVolume)
        BootReceiver().onReceive(app, Intent(Intent.ACTION_BOOT_COMPLETED))
        await("it knows the ticket") { home?.tickets?.size == 1 }
        awaitSilence()
        assertEquals(heard, loudspeaker.tracks.size)
    }

    @Test
    fun `at alarm volume zero a page is loud, and a volume turned down meanwhile is turned up again`() {
        alarmVolume = 0
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        val ticket = server.alarm("the database")
        awaitSiren()
        assertEquals(LOUD, alarmVolume)
        alarmVolume = 0
        app.contentResolver.notifyChange(Settings.System.getUriFor("volume_alarm_speaker"), null)
        await("it is loud again") { alarmVolume == LOUD }
        pager.checkIn(ticket)
        await("the volume is as it was") { alarmVolume == 0 }
    }

    @Test
    fun `with headphones on the built-in speaker sounds as well, and goes on when they are pulled out`() {
        val speaker = AudioDeviceInfo.TYPE_BUILTIN_SPEAKER
        val wired = output(AudioDeviceInfo.TYPE_WIRED_HEADPHONES)
        val bluetooth = output(AudioDeviceInfo.TYPE_BLUETOOTH_A2DP)
        val server = TocsinServer.start().forThisTest()
        attach(speaker, wired.type)
        enrol(server)
        server.alarm("the database")
        awaitSiren()
        assertEquals(listOf(speaker, wired.type), loudspeaker.heardFrom)
        shadowOf(audio).addOutputDevice(bluetooth, true)
        await("all sound") { loudspeaker.heardFrom == listOf(speaker, wired.type, bluetooth.type) }
        shadowOf(audio).removeOutputDevice(wired, true)
        await("the others sound") { loudspeaker.heardFrom == listOf(speaker, bluetooth.type) }
        shadowOf(audio).removeOutputDevice(bluetooth, true)
        await("the phone sounds alone, where the system chooses") { loudspeaker.heardFrom == listOf(null) }
        assertEquals(true, home?.siren?.ringing)
    }

    @Test
    fun `a phone on silent or vibrate sounds like any other`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        for (mode in listOf(AudioManager.RINGER_MODE_SILENT, AudioManager.RINGER_MODE_VIBRATE)) {
            audio.ringerMode = mode
            soundsAndEnds(server, "ringer $mode")
        }
    }

    @Test
    fun `do-not-disturb that lets alarms through is passed`() {
        shadowOf(notifications).setNotificationPolicyAccessGranted(true)
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        for (filter in listOf(
            NotificationManager.INTERRUPTION_FILTER_PRIORITY,
            NotificationManager.INTERRUPTION_FILTER_ALARMS,
        )) {
            notifications.setInterruptionFilter(filter)
            pager.deviceChanged()
            soundsAndEnds(server, "filter $filter")
            assertFalse(Code.DO_NOT_DISTURB_BLOCKS in findings())
        }
    }

    @Test
    fun `total silence is reported as not pageable, and leaves the owner's alarm as it was`() {
        shadowOf(notifications).setNotificationPolicyAccessGranted(true)
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        notifications.setInterruptionFilter(NotificationManager.INTERRUPTION_FILTER_NONE)
        pager.deviceChanged()
        await("the phone says so") { Code.TOTAL_SILENCE in findings() }
        assertEquals(Light.RED, home?.readiness?.light)
        await("the server knows") {
            "total_silence" in
                server.device("ana").getJSONObject("readiness").toString()
        }
        val ticket = server.alarm("the database")
        awaitSiren()
        assertEquals("nobody heard it, and it says so", 0f, home?.siren?.effectiveVolume)
        notifications.setInterruptionFilter(NotificationManager.INTERRUPTION_FILTER_ALL)
        bark()
        await("once it is lifted it is loud") { alarmVolume == LOUD }
        await("and it says so") { home?.siren?.effectiveVolume == LOUD / 7f }
        pager.checkIn(ticket)
        awaitSilence()
    }

    @Test
    fun `without the service the notification sounds by itself, and with the siren as well as it can`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        app.refusesServices = true
        server.alarm("the database")
        await("the siren sounds") { home?.siren?.confirmed == true }
        val loud =
            awaitSome("the alarm tone") { shadowOf(notifications).getNotification(PageNotice.INSISTENT) }
        assertTrue(loud.flags and android.app.Notification.FLAG_INSISTENT != 0)
        val channel = notifications.getNotificationChannel(loud.channelId)
        assertEquals(AudioAttributes.USAGE_ALARM, channel.audioAttributes.usage)
        assertNotNull(channel.sound)
        app.refusesServices = false
        bark()
        await("the service was asked for again") { nextSirenService() != null }
        await("the alarm tone ends") { shadowOf(notifications).getNotification(PageNotice.INSISTENT) == null }
    }

    @Test
    fun `every permission that is refused is found, with what to do`() {
        ShadowAlarmManager.setCanScheduleExactAlarms(false)
        shadowOf(notifications).setNotificationsEnabled(false)
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        await("it was judged") { Code.NOTIFICATIONS_BLOCKED in findings() }
        assertTrue(Code.EXACT_ALARMS_MISSING in findings())
        assertTrue(Code.DO_NOT_DISTURB_OVERRIDE_MISSING in findings())
        assertTrue(Code.BATTERY_EXEMPTION_MISSING in findings())
        checkNotNull(home).readiness.findings.forEach { assertTrue(it.what, it.next.isNotBlank()) }
        server.alarm("the database")
        awaitSiren()
        assertEquals(
            "the watchdog runs all the same",
            AlarmManager.ELAPSED_REALTIME_WAKEUP,
            watchdog?.getType(),
        )
    }

    @Test
    fun `a notification that is swiped away comes back`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        server.alarm("the database")
        awaitSiren()
        val notice = awaitSome("the notification") { pageNotice }
        notifications.cancel(PageNotice.NUMBER)
        notice.deleteIntent.send()
        await("it is back") { pageNotice != null }
        assertEquals(1, loudspeaker.playing.size)
    }

    @Test
    fun `the watchdog rings every minute, also a process that was killed, until the check-in is stored`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        val ticket = server.alarm("the database")
        awaitSiren()
        val first = awaitSome("the watchdog") { watchdog }
        assertNotNull("an alarm clock, which ends Doze", first.alarmClockInfo)
        goOff()
        app.ahead = MINUTE
        app.onCreate()
        bark()
        awaitSiren()
        assertEquals(1, loudspeaker.playing.size)
        val second = awaitSome("the next") { watchdog }
        assertTrue("a minute later", second.triggerAtMs >= first.triggerAtMs + MINUTE.toMillis())
        app.ahead = MINUTE.multipliedBy(2)
        bark()
        val third = awaitSome("one more") { watchdog }
        assertTrue("a minute later", third.triggerAtMs >= second.triggerAtMs + MINUTE.toMillis())
        assertEquals("it sounded on", 1, loudspeaker.playing.size)
        pager.checkIn(ticket)
        awaitSilence()
    }

    @Test
    fun `a silent drill goes all the way to the output and nobody wakes`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        runBlocking { pager.orderDrill(false) }
        await("it passed") { home?.readiness?.lastDrill?.passed == true }
        assertEquals(1, loudspeaker.tracks.size)
        await("its output is closed") { loudspeaker.playing.isEmpty() }
        assertNull("no service", nextSirenService())
        assertNull(pageNotice)
        assertEquals(QUIET, alarmVolume)
    }

    @Test
    fun `an audible drill sounds, says what it is and ends by itself`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        runBlocking { pager.orderDrill(true) }
        awaitSiren()
        awaitSome("the notification says so") {
            pageNotice?.takeIf {
                it.extras.getString("android.title") ==
                    "Drill"
            }
        }
        awaitSilence()
    }

    @Test
    @Config(qualifiers = "+ko-rKR")
    fun `a Korean phone pages in Korean`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        val ticket = server.alarm("데이터베이스")
        awaitSiren()
        val notice = awaitSome("the buttons") { pageNotice?.takeIf { it.actions?.size == 2 } }
        assertEquals(listOf("확인", "응할 수 없음, 다음 사람 호출"), notice.actions.map { it.title })
        tap("확인")
        await("the ticket is in her hands") { server.state(ticket) == "researching" }
        assertFalse("nobody is 님 twice", "님 님" in home.toString())
    }

    @Test
    fun `whoever changes the language reads the page in it at once`() {
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        server.alarm("the database")
        awaitSiren()
        RuntimeEnvironment.setQualifiers("+ko-rKR")
        app.onConfigurationChanged(app.resources.configuration)
        await("the reason is in Korean") {
            val reason =
                Phone.home.value
                    ?.pages
                    ?.firstOrNull()
                    ?.reasonText
                    .orEmpty()
            reason.any { it in '가'..'힣' }
        }
    }

    @Test
    fun `a locked phone keeps to itself what it is about, if so wished`() {
        app.settings.hideContent = true
        shadowOf(app.getSystemService(android.app.KeyguardManager::class.java)).setKeyguardLocked(true)
        val server = TocsinServer.start().forThisTest()
        enrol(server)
        server.alarm("the database")
        awaitSiren()
        val notice = awaitSome("the buttons") { pageNotice?.takeIf { it.actions?.size == 2 } }
        assertEquals("You are paged", notice.extras.getString("android.title"))
        shadowOf(app.getSystemService(android.app.KeyguardManager::class.java)).setKeyguardLocked(false)
        app.sendBroadcast(Intent(Intent.ACTION_USER_PRESENT))
        await(
            "unlocked it says it",
        ) { "database" in pageNotice?.extras?.getString("android.title").orEmpty() }
    }

    /** Makes this phone Ana's, with a way to push to it. */
    private fun enrolWithPush(
        server: TocsinServer,
        service: PushService,
    ) {
        enrol(server)
        pager.pushEndpoints(listOf(PushEndpoint.WebPush(service.endpoint)))
        await("the server knows where to push") {
            "push" in
                server.device("ana").getJSONArray("ways").toString()
        }
        runBlocking { pager.settled() }
    }

    /** It is switched off while it rings: nobody clears up, what is stored stays. */
    private fun goOff() {
        runBlocking { pager.settled() }
        app.onTerminate()
        loudspeaker.tracks.forEach(AudioTrack::release)
    }

    /** A page is loud, and afterwards all is as before. */
    private fun soundsAndEnds(
        server: TocsinServer,
        what: String,
    ) {
        val ticket = server.alarm(what)
        awaitSiren()
        assertEquals(what, 1, loudspeaker.playing.size)
        assertEquals(what, LOUD, alarmVolume)
        assertEquals(what, LOUD / 7f, home?.siren?.effectiveVolume)
        pager.checkIn(ticket)
        awaitSilence()
    }

    private companion object {
        /** After every limit of [QUICK] and what is added to it, and before a pager alone gives alarm. */
        val LONG_OVER: Duration = Duration.ofMinutes(4)

        /** From one bark of the watchdog to the next. */
        val MINUTE: Duration = Duration.ofMinutes(1)
    }
}
